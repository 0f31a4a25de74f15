import FeedFetch
import Foundation
import Glibc
import TestSupport
import Testing

@Suite(.enabled(if: Tool.openssl != nil, "needs openssl")) struct TLSTests {
    let certificates: Certificates
    let client: HTTPClient

    init() throws {
        let certificates = try Certificates()
        self.certificates = certificates
        client = try makeClient { $0.caFile = certificates.authority }
    }

    @Test func aCertificateOfATrustedAuthorityIsAccepted() async throws {
        try certificates.make("good", for: "IP:127.0.0.1")
        let server = try TLSServer(certificates, "good")
        let response = try await client.send(request("https://127.0.0.1:\(server.port)/")).get()
        #expect(response.status == 200)
        #expect(response.text.contains("TLSv1.3"))
    }

    @Test(
        "28: bad certificates are refused by name, and no request goes over them",
        arguments: [
            ("expired", "IP:127.0.0.1", -1, false, "expired"), ("self-signed", "IP:127.0.0.1", 2, true, "self-signed"),
            ("of another host", "DNS:example.org", 2, false, "name"),
        ]) func otherCertificatesAreRefused(
            _ name: String, _ subject: String, _ days: Int, _ isSelfSigned: Bool, _ reason: String
        ) async throws
    {
        try certificates.make("bad", for: subject, days: days, isSelfSigned: isSelfSigned)
        let server = try TLSServer(certificates, "bad")
        let failure = try #require(await client.send(request("https://127.0.0.1:\(server.port)/")).failure)
        #expect(failure.code == .tls, "\(failure)")
        #expect(failure.message.contains(reason), "\(failure)")
        #expect(failure.bytesOnWire == 0)
    }

    @Test func theAuthorityMustBeTrusted() async throws {
        try certificates.make("good", for: "IP:127.0.0.1")
        let server = try TLSServer(certificates, "good")
        let others = try Certificates()
        let client = try makeClient { $0.caFile = others.authority }
        #expect(await client.send(request("https://127.0.0.1:\(server.port)/")).failure?.code == .tls)
    }

    @Test func oldTLSIsRefused() async throws {
        try certificates.make("good", for: "IP:127.0.0.1")
        let server = try TLSServer(certificates, "good", arguments: ["-tls1_1", "-cipher", "ALL:@SECLEVEL=0"])
        #expect(await client.send(request("https://127.0.0.1:\(server.port)/")).failure?.code == .tls)
    }

    @Test func aServerWithoutTLSIsATLSFailure() async throws {
        let server = try ScriptedServer()
        server.otherwise { _ in .raw("HTTP/1.1 400 Bad Request\r\n\r\n") }
        let failure = await client.send(
            request("https://127.0.0.1:\(server.port)/") { $0.limits.timeout = .seconds(2) }
        ).failure
        #expect(failure?.code == .tls || failure?.code == .timeout, "\(String(describing: failure))")
        #expect(server.requests.isEmpty)
    }

    @Test func aFileThatHoldsNoAuthoritiesIsATLSFailure() async throws {
        try certificates.make("good", for: "IP:127.0.0.1")
        let server = try TLSServer(certificates, "good")
        let path = certificates.path("empty.pem")
        try "nothing".write(toFile: path, atomically: false, encoding: .utf8)
        let client = try makeClient { $0.caFile = path }
        #expect(await client.send(request("https://127.0.0.1:\(server.port)/")).failure?.code == .tls)
    }

    @Test("39: HTTP/2 is spoken where TLS offers it", .enabled(if: Tool.nginx != nil, "needs nginx"))
    func http2IsSpokenWhereItIsOffered() async throws {
        try certificates.make("good", for: "IP:127.0.0.1")
        let nginx = try NginxServer(certificates)
        let url = "https://127.0.0.1:\(nginx.port)/feed.xml"
        let responses = await withTaskGroup(of: HTTPResponse?.self) { group in
            for _ in 0..<20 {
                group.addTask { [client] in
                    try? await client.send(
                        request(url) {
                            $0.headers = [HTTPField("Accept-Encoding", "gzip"), HTTPField("X-Empty", "")]
                        }
                    ).get()
                }
            }
            return await group.reduce(into: []) { $0.append($1) }
        }
        withExtendedLifetime(nginx) {}
        for response in responses {
            #expect(response?.httpVersion == "2")
            #expect(response?.body.count == NginxServer.document.count)
            #expect(response?.headers.value(of: "Content-Encoding") == Array("gzip".utf8))
        }
    }
}

/// nginx with TLS and HTTP/2 and one document. It ends when released.
final class NginxServer {
    static let document = String(repeating: "<item>text</item>\n", count: 20_000)
    let port: Int
    private let process: ChildProcess

    init(_ certificates: Certificates) throws {
        let root = certificates.directory
        // A port that was free a moment ago.
        port = try ScriptedServer().port
        try NginxServer.document.write(toFile: certificates.path("feed.xml"), atomically: false, encoding: .utf8)
        let configuration = """
            daemon off; master_process off; pid \(root.path)/nginx.pid; error_log \(root.path)/error.log;
            events {}
            http {
                access_log off; gzip on; gzip_types text/xml application/xml text/plain; gzip_http_version 1.0;
                types { text/xml xml; }
                client_body_temp_path \(root.path)/t1; proxy_temp_path \(root.path)/t2; fastcgi_temp_path \(root.path)/t3;
                uwsgi_temp_path \(root.path)/t4; scgi_temp_path \(root.path)/t5;
                server {
                    listen 127.0.0.1:\(port) ssl http2; root \(root.path);
                    ssl_certificate \(root.path)/good.pem; ssl_certificate_key \(root.path)/good.key;
                }
            }
            """
        try configuration.write(toFile: certificates.path("nginx.conf"), atomically: false, encoding: .utf8)
        process = try ChildProcess(
            Tool.nginx ?? "", ["-c", certificates.path("nginx.conf"), "-p", root.path], directory: root.path)
        // It writes its pid when it listens.
        for _ in 0..<12_000 where !FileManager.default.fileExists(atPath: "\(root.path)/nginx.pid") { usleep(10_000) }
    }
}
