import Crypto
import FeedModel
import Foundation
import Glibc
import Synchronization

/// A hub by the rules of WebSub (5 and 7) on loopback: takes subscriptions, verifies that they are meant, and sends
/// documents to those that hold. What it does otherwise is for the test to say.
public final class ScriptedHub: Sendable {
    /// When the hub asks back.
    public enum Verification: Sendable {
        /// Before it answers the request.
        case atOnce
        /// After it has answered.
        case afterwards
        case never
        case denial(reason: String)
    }

    public struct Subscription: Sendable, Hashable {
        public var topic: String
        public var secret: String
        public var lease: Int

        public init(topic: String, secret: String, lease: Int) {
            self.topic = topic
            self.secret = secret
            self.lease = lease
        }
    }

    public enum Signature: Sendable {
        /// `sha1`, `sha256`, `sha384`, `sha512`.
        case right(String)
        case wrong
        case missing
    }

    private struct State {
        var verification = Verification.atOnce
        var lease: Int?
        /// By callback.
        var subscriptions: [String: Subscription] = [:]
        var requests: [[String: String]] = []
        var refusedVerifications = 0
    }

    private let server: ScriptedServer
    private let state = Mutex(State())

    public init(address: String = "127.0.0.1") throws {
        server = try ScriptedServer(address: address)
        server.on("/hub") { [weak self] request in self?.receive(request) ?? .status(503) }
    }

    public var url: String { server.url("/hub") }

    /// Answers requests by this status instead of taking them; `nil` takes them again.
    public func refuse(_ answer: ScriptedAnswer?) {
        server.on("/hub") { [weak self] request in
            guard let self else { return .status(503) }
            guard let answer else { return self.receive(request) }
            self.state.withLock { $0.requests.append(ScriptedHub.form(String(decoding: request.body, as: UTF8.self))) }
            return answer
        }
    }

    /// Redirects another path of its server to itself.
    public func redirect(_ target: String, status: Int) -> String {
        server.on(target, .redirect(status, url))
        return server.url(target)
    }

    public func verify(_ verification: Verification) { state.withLock { $0.verification = verification } }

    /// Grants this lease, whatever is asked for.
    public func grant(lease: Int?) { state.withLock { $0.lease = lease } }

    public var requests: [[String: String]] { state.withLock(\.requests) }
    /// By callback.
    public var subscriptions: [String: Subscription] { state.withLock(\.subscriptions) }
    public var refusedVerifications: Int { state.withLock(\.refusedVerifications) }

    // MARK: subscribing

    private func receive(_ request: ScriptedRequest) -> ScriptedAnswer {
        let form = ScriptedHub.form(String(decoding: request.body, as: UTF8.self))
        let (verification, lease) = state.withLock { state in
            state.requests.append(form)
            return (state.verification, state.lease)
        }
        guard request.method == "POST", let mode = form["hub.mode"], let topic = form["hub.topic"],
            let callback = form["hub.callback"], (form["hub.secret"] ?? "").utf8.count < 200,
            request.value("Content-Type") == "application/x-www-form-urlencoded"
        else { return .status(400) }
        let wanted = Subscription(
            topic: topic, secret: form["hub.secret"] ?? "", lease: lease ?? Int(form["hub.lease_seconds"] ?? "") ?? 0)
        switch verification {
        case .atOnce: verify(mode, callback, wanted)
        case .afterwards:
            Thread.detachNewThread { [weak self] in
                Thread.sleep(forTimeInterval: 0.05)
                self?.verify(mode, callback, wanted)
            }
        case .never: break
        case .denial(let reason): deny(callback, topic: topic, reason: reason)
        }
        return .status(202)
    }

    /// Asks the subscriber whether it means it; takes it at its word.
    @discardableResult
    public func verify(_ mode: String, _ callback: String, _ wanted: Subscription) -> Bool {
        let challenge = "chall+enge %\(UInt64.random(in: 0 ... .max))"
        let answer = ScriptedHub.exchange(
            "GET",
            callback + "?"
                + ScriptedHub.query([
                    "hub.mode": mode, "hub.topic": wanted.topic, "hub.challenge": challenge,
                    "hub.lease_seconds": String(wanted.lease),
                ]))
        return state.withLock { state in
            guard answer.status / 100 == 2, answer.body == Array(challenge.utf8) else {
                state.refusedVerifications += 1
                return false
            }
            state.subscriptions[callback] = mode == "subscribe" ? wanted : nil
            return true
        }
    }

    @discardableResult
    public func deny(_ callback: String, topic: String, reason: String) -> Int {
        state.withLock { $0.subscriptions[callback] = nil }
        return ScriptedHub.exchange(
            "GET",
            callback + "?"
                + ScriptedHub.query(["hub.mode": "denied", "hub.topic": topic, "hub.reason": reason])
        ).status
    }

    // MARK: sending

    /// Sends a document to all that are subscribed to the topic; forgets those that answer 410.
    ///
    /// - Returns: their answers' statuses.
    @discardableResult
    public func publish(
        _ body: String, topic: String, signature: Signature = .right("sha256"),
        fields: [String: String] = ["Content-Type": "application/rss+xml"]
    ) async -> [Int] {
        var statuses: [Int] = []
        for (callback, subscription) in subscriptions where subscription.topic == topic {
            let status = await send(body, to: callback, secret: subscription.secret, signature, fields)
            if status == 410 { state.withLock { $0.subscriptions[callback] = nil } }
            statuses.append(status)
        }
        return statuses
    }

    public func send(
        _ body: String, to callback: String, secret: String, _ signature: Signature = .right("sha256"),
        _ fields: [String: String] = [:]
    ) async -> Int {
        var fields = fields
        switch signature {
        case .right(let method): fields["X-Hub-Signature"] = ScriptedHub.signature(body, method, secret)
        case .wrong: fields["X-Hub-Signature"] = ScriptedHub.signature(body, "sha256", secret + "x")
        case .missing: break
        }
        let sent = fields
        return await withCheckedContinuation { continuation in
            Thread.detachNewThread {
                continuation.resume(
                    returning: ScriptedHub.exchange("POST", callback, sent, body: Array(body.utf8)).status)
            }
        }
    }

    private static func signature(_ body: String, _ method: String, _ secret: String) -> String {
        let (data, key) = (Array(body.utf8), SymmetricKey(data: Array(secret.utf8)))
        let code: [UInt8] =
            switch method {
            case "sha1": Array(HMAC<Insecure.SHA1>.authenticationCode(for: data, using: key))
            case "sha384": Array(HMAC<SHA384>.authenticationCode(for: data, using: key))
            case "sha512": Array(HMAC<SHA512>.authenticationCode(for: data, using: key))
            default: Array(HMAC<SHA256>.authenticationCode(for: data, using: key))
            }
        return method + "=" + code.map { String(format: "%02x", $0) }.joined()
    }

    // MARK: HTTP

    private static func form(_ text: String) -> [String: String] {
        var fields: [String: String] = [:]
        for pair in text.split(separator: "&") {
            let parts = pair.split(separator: "=", maxSplits: 1).map {
                $0.replacing("+", with: " ").removingPercentEncoding ?? ""
            }
            fields[parts.first ?? ""] = parts.count > 1 ? parts[1] : ""
        }
        return fields
    }

    private static func query(_ fields: KeyValuePairs<String, String>) -> String {
        fields.map { "\($0)=\($1.addingPercentEncoding(withAllowedCharacters: .alphanumerics) ?? "")" }
            .joined(separator: "&")
    }

    /// One request on a connection of its own, which blocks its thread. Status 0 where nothing came back.
    public static func exchange(
        _ method: String, _ url: String, _ fields: [String: String] = [:], body: [UInt8] = []
    ) -> (status: Int, body: [UInt8]) {
        guard let target = WebURL(url), let host = target.host, let port = target.effectivePort,
            let socket = try? Sockets.connect(address: host, port: port)
        else { return (0, []) }
        defer { close(socket) }
        let path = target.path + (target.query.map { "?\($0)" } ?? "")
        var head = "\(method) \(path.isEmpty ? "/" : path) HTTP/1.1\r\nHost: \(host):\(port)\r\nConnection: close\r\n"
        if method != "GET" { head += "Content-Length: \(body.count)\r\n" }
        for (name, value) in fields { head += "\(name): \(value)\r\n" }
        let out = Array((head + "\r\n").utf8) + body
        var sent = 0
        while sent < out.count {
            let count = out.withUnsafeBytes {
                Glibc.send(socket, $0.baseAddress?.advanced(by: sent), out.count - sent, Int32(MSG_NOSIGNAL))
            }
            // A server may answer and close before it has read all.
            if count <= 0 { break }
            sent += count
        }
        var received: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 65_536)
        while true {
            let count = recv(socket, &buffer, buffer.count, 0)
            if count <= 0 { break }
            received += buffer[..<count]
        }
        let text = String(decoding: received, as: UTF8.self)
        guard let end = text.range(of: "\r\n\r\n"), let status = Int(text.dropFirst(9).prefix(3)) else {
            return (0, [])
        }
        return (status, Array(text[end.upperBound...].utf8))
    }
}
