import Foundation
import TestSupport
import Testing

/// The daemon and a hub, with the real program.
@Suite(.serialized) struct WebSubTests {
    /// A feed with a hub, and the callback's place.
    private func lab(_ hub: ScriptedHub, port: Int, websub: Bool = true) throws -> Lab {
        let lab = try Lab()
        lab.server.on("/feed.xml", .ok(Lab.rss("one"), ("Link", "<\(hub.url)>; rel=\"hub\"")))
        try configure(lab, port: port, websub: websub)
        return lab
    }

    private func configure(_ lab: Lab, port: Int, websub: Bool) throws {
        try lab.configure(targets: ["/feed.xml"])
        let lines = try String(contentsOfFile: lab.configuration, encoding: .utf8)
        let callback = "websub: { callback: 'http://127.0.0.1:\(port)/hub' }\n"
        try lab.folder.write(
            "listen: 127.0.0.1:\(port)\n" + (websub ? callback : "") + lines, to: "feeds.yaml")
    }

    @Test func aDaemonSubscribesTakesWhatIsPushedAndOutlivesAKill() async throws {
        let hub = try ScriptedHub()
        let port = try freePort()
        let lab = try lab(hub, port: port)
        var daemon = try await lab.daemon()
        try await eventually("not subscribed: \(daemon.stderr)") { hub.subscriptions.count == 1 }
        let topic = lab.server.url("/feed.xml")
        #expect(await hub.publish(Lab.rss("two"), topic: topic) == [202])
        #expect(try await lab.json("articles").count == 2)
        #expect(await hub.publish(Lab.rss("forged"), topic: topic, signature: .wrong) == [202])
        let (callback, secret) = try #require(hub.subscriptions.first.map { ($0.key, $0.value.secret) })

        let told = try #require(try await lab.json("explain", topic).first)
        #expect(told["websub"]["state"].string == "active")
        #expect(told["websub"]["hub"].string == hub.url)
        #expect(told["websub"]["accepted"].int == 1 && told["websub"]["rejected"].int == 1)
        #expect(told["websub"]["lease_until"].isThere && told["websub"]["last_push"].isThere)
        let shown = try await lab.run("explain", topic).stdout
        #expect(shown.contains("hub \(hub.url): subscribed until "), "\(shown)")
        #expect(shown.contains("1 pushes ignored"))
        #expect(try await lab.json("feeds").first?["hub"].string == hub.url)

        daemon.signal(SIGKILL)
        #expect(try await daemon.end().status == -SIGKILL)
        // Nobody is there: the hub will try again.
        #expect(await hub.publish(Lab.rss("three"), topic: topic) == [0])
        daemon = try await lab.daemon()
        try await eventually { await hub.publish(Lab.rss("three"), topic: topic) == [202] }
        #expect(try await lab.json("articles").count == 3)
        #expect(hub.requests.count == 1)

        // Without `websub` the hub is told, by the daemon that still listens.
        try configure(lab, port: port, websub: false)
        daemon.signal(SIGHUP)
        try await eventually("not taken back: \(daemon.stderr)") { hub.subscriptions.isEmpty }
        #expect(hub.requests.last?["hub.mode"] == "unsubscribe")
        daemon.signal(SIGTERM)
        let end = try await daemon.end()
        #expect(end.status == 0)
        let token = try #require(callback.split(separator: "/").last.map(String.init))
        for secret in [token, secret] { #expect(!(end.stderr + shown).contains(secret)) }
    }

    @Test func withoutWebSubNoHubIsAskedNorAnswered() async throws {
        let hub = try ScriptedHub()
        let port = try freePort()
        let lab = try lab(hub, port: port, websub: false)
        let daemon = try await lab.daemon()
        try await eventually { try await lab.json("articles").count == 1 }
        #expect(ScriptedHub.exchange("GET", "http://127.0.0.1:\(port)/token?hub.topic=x").status == 404)
        daemon.signal(SIGTERM)
        #expect(try await daemon.end().status == 0)
        #expect(hub.requests.isEmpty)
    }

    @Test func anAddressThatIsTakenEndsTheDaemonAndIsNamed() async throws {
        let hub = try ScriptedHub()
        let taken = try ScriptedServer()
        let lab = try lab(hub, port: taken.port)
        let end = try await lab.run("run")
        #expect(end.status == 74)
        #expect(end.stderr.contains("cannot listen on 127.0.0.1:\(taken.port)"), "\(end.stderr)")
    }
}
