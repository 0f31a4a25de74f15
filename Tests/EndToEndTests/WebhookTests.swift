import Foundation
import TestSupport
import Testing

/// The daemon and a receiver, with the real program.
@Suite struct WebhookTests {
    private func lab(_ receiver: ScriptedServer, hook: String = "") throws -> Lab {
        let lab = try Lab()
        lab.server.on("/feed.xml", .ok(Lab.rss("one", "two")))
        try lab.configure(targets: ["/feed.xml"])
        try configure(lab, receiver, hook)
        return lab
    }

    private func configure(_ lab: Lab, _ receiver: ScriptedServer, _ hook: String) throws {
        try lab.folder.write("a key that two know\n", to: "hook")
        try lab.configure(targets: ["/feed.xml"], schedule: ["min_interval: 1s", "max_interval: 1s"])
        let lines = try String(contentsOfFile: lab.configuration, encoding: .utf8)
        try lab.folder.write(
            "webhooks:\n  - {url: '\(receiver.url("/geheim"))', secret_file: hook, interval: 0s, "
                + "allow_private_addresses: true\(hook)}\n" + lines, to: "feeds.yaml")
    }

    private func seqs(_ receiver: ScriptedServer) throws -> [[Int]] {
        try receiver.requests("/geheim").map { request in
            try JSON(String(decoding: request.body, as: UTF8.self))["changes"].array.map { $0["_ingestd"]["seq"].int }
        }
    }

    @Test func whatADeadReceiverMissedComesAfterAKillAndARestart() async throws {
        let receiver = try ScriptedServer()
        receiver.on("/geheim", .status(204))
        let lab = try lab(receiver)
        var daemon = try await lab.daemon()
        try await eventually("not delivered: \(daemon.stderr)") {
            try await lab.json("webhooks").first?["position"].int == 2
        }
        #expect(try seqs(receiver).flatMap(\.self) == [1, 2])

        receiver.on("/geheim", .status(500))
        lab.server.on("/feed.xml", .ok(Lab.rss("three", "two")))
        try await eventually("did not fail") { try await lab.json("webhooks").first?["state"].string == "failing" }
        // Polls go on, and status names the host alone.
        lab.server.on("/feed.xml", .ok(Lab.rss("four", "three")))
        try await eventually { try await lab.json("articles").count == 4 }
        let status = try await lab.status()
        let problem = try #require(status.json["problems"].array.first { $0["message"].string.contains("webhook") })
        #expect(status.code == 0 && problem["severity"].string == "info" && problem["since"].isThere)
        #expect(problem["message"].string.hasPrefix("the webhook at 127.0.0.1 fails; http-500: answered 500; "))
        let told = try await lab.run("webhooks").stdout
        #expect(told.hasPrefix("failing  127.0.0.1 ") && told.contains("at 2, 2 behind  2 delivered"), "\(told)")

        daemon.signal(SIGKILL)
        _ = try await daemon.end()
        receiver.on("/geheim", .status(204))
        daemon = try await lab.daemon()
        // The wait after its failures goes on where it was.
        try await eventually("not delivered: \(daemon.stderr)") {
            try await lab.json("webhooks").first?["position"].int == 4
        }
        let all = try seqs(receiver)
        #expect(Array(all.first ?? []) == [1, 2] && all.last?.last == 4)
        // Nothing between the first and the last was acknowledged; nothing is left out, nothing comes twice.
        #expect(all.dropFirst().allSatisfy { $0.first == 3 })
        let webhook = try #require(try await lab.json("webhooks").first)
        #expect(webhook["state"].string == "active" && webhook["lag"].int == 0 && webhook["delivered"].int == 4)
        #expect(receiver.requests("/geheim").allSatisfy { $0.value("X-Ingestd-Signature")?.count == 71 })
        daemon.signal(SIGTERM)
        let end = try await daemon.end()
        #expect(end.status == 0)
        #expect(!(end.stderr + told + problem["message"].string).contains("geheim"))
    }

    @Test func aReloadBeginsAndStopsDeliveries() async throws {
        let receiver = try ScriptedServer()
        receiver.on("/geheim", .status(410), .status(204))
        let lab = try lab(receiver)
        let daemon = try await lab.daemon()
        try await eventually("not stopped") { try await lab.json("webhooks").first?["state"].string == "stopped" }
        let status = try await lab.status()
        #expect(status.code == 1 && status.json["state"].string == "degraded")
        try configure(lab, receiver, ", kinds: [new, revised]")
        daemon.signal(SIGHUP)
        try await eventually("not delivered") { try await lab.json("webhooks").first?["position"].int == 2 }
        #expect(try seqs(receiver) == [[1, 2], [1, 2]])
        try lab.configure(targets: ["/feed.xml"])
        daemon.signal(SIGHUP)
        try await eventually("still there") { try await lab.json("webhooks").isEmpty }
        daemon.signal(SIGTERM)
        #expect(try await daemon.end().status == 0)
    }

    @Test func aReceiverThatHangsHoldsNoShutdownUp() async throws {
        let receiver = try ScriptedServer()
        receiver.on("/geheim", .ok("x").but { $0.ending = .stall(0) })
        let lab = try lab(receiver)
        let daemon = try await lab.daemon()
        try await eventually("not asked") { receiver.requests("/geheim").count == 1 }
        daemon.signal(SIGTERM)
        #expect(try await daemon.end().status == 0)
        // It was no failure of the receiver's.
        #expect(try await lab.json("webhooks").first?["state"].string == "active")
    }
}
