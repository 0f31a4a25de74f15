import Archive
import FeedFetch
import FeedModel
import FeedParse
import Ingest
import Service
import Synchronization

/// `run --once`: every feed that is due, once.
struct Round {
    let global: GlobalOptions
    let configuration: Ingest.Configuration
    let force: Bool

    func run() async throws {
        DescriptorLimit.raise()
        DocumentMemory.keepLittle()
        let time = SteadyTime()
        let started = time.now
        let archive = try await global.openForPolling(configuration, command: "run-once")
        try await archive.prove()
        let client = try global.httpClient(configuration)
        let summary = Mutex(RoundSummary())
        let progress = ProgressBar(isShown: Terminal.isErrorTerminal && !global.quiet && !global.json)
        let poller = Poller(
            archive: archive, client: client, configuration: configuration, endsWhenIdle: true, time: time,
            logger: global.loggerOfRound,
            observe: { report in
                let done = summary.withLock { summary in
                    summary.add(report)
                    return summary.polled
                }
                progress.show(done: done)
            },
            observePage: { page in summary.withLock { $0.add(page) } })
        progress.total = try await poller.apply(configuration, .dueNow(force: force))
        try await poller.run()
        try await poller.trimLog(keeping: configuration.keep.fetchLog)
        progress.clear()
        await client.shutdown()
        try await global.index(archive, time: time)
        let outage = poller.outage
        let result = summary.withLock { summary in
            if let outage { summary.forgive(outage.spared) }
            return summary
        }
        if outage != nil {
            Terminal.message(
                "our own network seems to be out: the round was ended, and the feeds that could not be reached are as they were"
            )
        }
        if global.json {
            Terminal.output.write(result.json(duration: time.now - started))
        } else {
            for line in result.lines(duration: time.now - started) { Terminal.output.line(line) }
        }
        try archive.close()
    }
}

/// What a round of polls did.
struct RoundSummary: Sendable {
    private(set) var polled = 0
    private var changed = 0
    private var notModified = 0
    private var new = 0
    private var revised = 0
    private var duplicates = 0
    private var bytes = 0
    private var failures: [(feed: FeedID, url: String, error: PollError)] = []
    private var notices: [(url: String, message: String)] = []

    mutating func add(_ report: PollReport) {
        polled += 1
        switch report.figures.outcome {
        case .changed: changed += 1
        case .notModified: notModified += 1
        case .failed:
            failures.append(
                (
                    report.feed.id, report.feed.configuredURL,
                    report.feed.poll.lastError ?? PollError(code: "failed", message: "")
                ))
        }
        if let notice = report.feed.poll.notice { notices.append((report.feed.configuredURL, notice.message)) }
        new += report.figures.new
        revised += report.figures.revised
        duplicates += report.figures.duplicates
        bytes += report.figures.bytes
    }

    /// An older page is no poll, but what it brought counts.
    mutating func add(_ page: PageReport) {
        if let error = page.error {
            notices.append(
                (
                    page.feed.configuredURL,
                    "\(page.feed.configuredURL): its older page \(page.url) was not read: \(error.code): \(error.message)"
                ))
        }
        new += page.figures.new
        revised += page.figures.revised
        duplicates += page.figures.duplicates
        bytes += page.figures.bytes
    }

    /// The failures of these feeds were not theirs.
    mutating func forgive(_ feeds: Set<FeedID>) {
        let before = failures.count
        failures.removeAll { feeds.contains($0.feed) }
        polled -= before - failures.count
    }

    func json(duration: Duration) -> [UInt8] {
        var json = JSONWriter()
        json.object { json in
            json.member("polled", polled)
            json.member("changed", changed)
            json.member("not_modified", notModified)
            json.member("failed", failures.count)
            json.member("new", new)
            json.member("revised", revised)
            json.member("duplicates", duplicates)
            json.member("bytes", bytes)
            json.member("seconds", Double(duration.milliseconds) / 1000)
        }
        json.newline()
        return json.bytes
    }

    /// One line a failing feed, then the sums.
    func lines(duration: Duration) -> [String] {
        var lines = failures.sorted { $0.url < $1.url }.map {
            "\(Terminal.red("failed")) \(Terminal.clean($0.url)): \($0.error.code): \(Terminal.clean($0.error.message))"
        }
        lines += notices.map { "note \(Terminal.clean($0.message))" }
        let seconds = String(Double(duration.milliseconds / 100) / 10)
        lines.append(
            "polled \(polled) feeds in \(seconds) s: \(changed) changed, \(notModified) not modified, "
                + "\(failures.count) failed; \(new) new articles, \(revised) revised, \(duplicates) duplicates; "
                + "\(ByteCount.describe(bytes)) received")
        return lines
    }
}

/// Numbers of bytes for people.
enum ByteCount {
    static func describe(_ bytes: Int) -> String {
        var value = Double(bytes)
        for unit in ["bytes", "KiB", "MiB", "GiB"] {
            if value < 1024 { return unit == "bytes" ? "\(bytes) bytes" : "\((value * 10).rounded() / 10) \(unit)" }
            value /= 1024
        }
        return "\((value * 10).rounded() / 10) TiB"
    }
}
