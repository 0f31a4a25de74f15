import Foundation
import Glibc
import TestSupport
import Testing

/// What monitoring systems collect.
@Suite(.serialized) struct MetricsTests {
    /// Name and labels of every sample, and its value; the lines must be well formed.
    private func samples(_ text: String) throws -> [String: Double] {
        let form = try Regex(#"([a-z_]+(\{[a-z]+="[^"]*"(,[a-z]+="[^"]*")*\})?) ([0-9.e+-]+)"#)
        var samples: [String: Double] = [:]
        for line in text.split(separator: "\n") where !line.hasPrefix("#") {
            let match = try #require(line.wholeMatch(of: form), "\(line)")
            samples[String(match.output[1].substring ?? "")] = Double(String(match.output[4].substring ?? ""))
        }
        return samples
    }

    @Test func aDaemonTellsItsOwnAndTheArchives() async throws {
        let lab = try Lab()
        lab.server.on("/feed.xml", .ok(Lab.rss("one", "two")))
        lab.server.on("/none.xml", .status(404))
        try lab.configure(targets: ["/feed.xml", "/none.xml"])
        let port = try freePort()
        let text = try String(contentsOfFile: lab.configuration, encoding: .utf8)
        try lab.folder.write("listen: 127.0.0.1:\(port)\nmetrics: {per_feed: 5}\n" + text, to: "feeds.yaml")
        let daemon = try await lab.daemon()
        try await eventually {
            let samples = try await self.samples(lab.run("metrics").stdout)
            return samples["ingestd_poll_duration_seconds_count"] == 2 && samples["ingestd_transfers_in_flight"] == 0
        }
        let printed = try await lab.run("metrics")
        #expect(printed.status == 0)
        let samples = try samples(printed.stdout)
        for (name, value) in [
            ("ingestd_feeds{state=\"active\"}", 1.0), ("ingestd_feeds{state=\"failing\"}", 1),
            ("ingestd_polls_total{outcome=\"changed\"}", 1), ("ingestd_polls_total{outcome=\"failed\"}", 1),
            ("ingestd_articles_total{kind=\"new\"}", 2), ("ingestd_poll_duration_seconds_count", 2),
            ("ingestd_archive_articles", 2), ("ingestd_health_state", 0), ("ingestd_network_outage", 0),
            ("ingestd_queue_due", 0), ("ingestd_transfers_in_flight", 0),
            ("ingestd_feed_failures{feed=\"\(lab.server.url("/none.xml"))\",code=\"http-404\"}", 1),
        ] { #expect(samples[name] == value, "\(name)") }
        for name in [
            "ingestd_commit_duration_seconds_count", "ingestd_archive_bytes", "ingestd_last_write_timestamp_seconds",
            "ingestd_received_bytes_total", "process_resident_memory_bytes", "process_open_fds",
            "process_start_time_seconds", "ingestd_process_start_time_seconds", "process_cpu_seconds_total",
        ] { #expect(samples[name] ?? 0 > 0, "\(name)") }

        // The same where others can reach it, in the form that they accept.
        for (accept, type) in [
            ("*/*", "text/plain; version=0.0.4"), ("application/openmetrics-text", "application/openmetrics-text"),
        ] {
            let answer = try await Program.run(
                ["-s", "-i", "-H", "Accept: \(accept)", "http://127.0.0.1:\(port)/metrics"], shell: "exec curl \"$@\"")
            #expect(answer.stdout.lowercased().contains("content-type: \(type)"), "\(answer.stdout)")
            #expect(answer.stdout.contains("ingestd_feeds{state=\"active\"} 1"))
            #expect(answer.stdout.contains("# EOF") == (accept != "*/*"))
        }
        daemon.signal(SIGTERM)
        #expect(try await daemon.end().status == 0)

        // And without it.
        let down = try await lab.run("metrics")
        let known = try self.samples(down.stdout)
        #expect(down.status == 0 && known["ingestd_health_state"] == 2 && known["ingestd_archive_articles"] == 2)
        #expect(known["ingestd_queue_due"] == nil)
        try await lint(printed.stdout)
        try await lint(down.stdout)
    }

    /// Prometheus's own judgement, where it is installed.
    private func lint(_ text: String) async throws {
        let result = try await Program.run(
            [], stdin: text, shell: "command -v promtool > /dev/null || exit 0; exec promtool check metrics")
        #expect(result.status == 0, "\(result.stdout)\(result.stderr)")
    }
}
