import Foundation
import TestSupport

/// Programs that the TLS tests need; they are skipped without.
enum Tool {
    static let openssl = find("openssl")
    static let nginx = find("nginx")

    private static func find(_ name: String) -> String? {
        ["/usr/bin", "/usr/local/bin", "/usr/sbin", "/bin"].map { "\($0)/\(name)" }
            .first { FileManager.default.isExecutableFile(atPath: $0) }
    }
}

/// A folder with an authority, `ca.pem`, and certificates that it signed. It is removed when released.
final class Certificates {
    let directory: URL

    init() throws {
        directory = FileManager.default.temporaryDirectory.appendingPathComponent(UUID().uuidString)
        try FileManager.default.createDirectory(at: directory, withIntermediateDirectories: true)
        try openssl("req -x509 \(Certificates.newKey) -keyout ca.key -out ca.pem -days 2 -subj /CN=Authority")
    }

    deinit { try? FileManager.default.removeItem(at: directory) }

    var authority: String { path("ca.pem") }

    func path(_ name: String) -> String { directory.appendingPathComponent(name).path }

    private static let newKey = "-newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes"

    /// Makes `NAME.pem` and `NAME.key` for a subject alternative name.
    func make(_ name: String, for subject: String, days: Int = 2, isSelfSigned: Bool = false) throws {
        if isSelfSigned {
            try openssl(
                "req -x509 \(Certificates.newKey) -keyout \(name).key -out \(name).pem -days \(days) -subj /CN=x -addext subjectAltName=\(subject)"
            )
            return
        }
        try openssl("req \(Certificates.newKey) -keyout \(name).key -out \(name).csr -subj /CN=x")
        try "subjectAltName=\(subject)\n".write(toFile: path("\(name).ext"), atomically: false, encoding: .utf8)
        try openssl(
            "x509 -req -in \(name).csr -CA ca.pem -CAkey ca.key -CAcreateserial -days \(days) -extfile \(name).ext -out \(name).pem"
        )
    }

    private func openssl(_ arguments: String) throws {
        try ChildProcess.run(
            Tool.openssl ?? "", arguments.split(separator: " ").map(String.init), directory: directory.path)
    }
}

/// `openssl s_server -www`: answers each request with a page. It ends when released.
final class TLSServer {
    let port: Int
    private let process: ChildProcess

    init(_ certificates: Certificates, _ name: String, arguments: [String] = []) throws {
        process = try ChildProcess(
            Tool.openssl ?? "",
            ["s_server", "-www", "-accept", "127.0.0.1:0", "-cert", certificates.path("\(name).pem")]
                + ["-key", certificates.path("\(name).key")] + arguments)
        // `ACCEPT 127.0.0.1:40123`
        var text = ""
        while !text.contains("ACCEPT") || !text.hasSuffix("\n") {
            let piece = process.read()
            guard !piece.isEmpty else { throw ChildProcess.Failure(description: "openssl s_server: \(text)") }
            text += piece
        }
        guard let number = text.split(separator: ":").last.flatMap({ Int($0.filter(\.isNumber)) }) else {
            throw ChildProcess.Failure(description: "openssl s_server: \(text)")
        }
        port = number
    }
}
