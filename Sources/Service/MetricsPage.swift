import Archive
public import FeedModel
import HTTPTypes
import Hummingbird
public import Ingest
import NIOCore

/// `/metrics`: what monitoring systems collect, from a running daemon or, without one, from its archive.
public struct MetricsPage: Sendable {
    private let poller: Poller
    private let started: Timestamp
    private let time: any TimeSource
    private let share = SharedWork<MetricsText.Form, [UInt8]>()

    public init(poller: Poller, started: Timestamp, time: any TimeSource) {
        self.poller = poller
        self.started = started
        self.time = time
    }

    func response(to request: Request) async -> Response {
        let form = MetricsText.Form(accept: request.headers[.accept])
        return Response(
            status: .ok, headers: [.contentType: form.contentType],
            body: ResponseBody(byteBuffer: ByteBuffer(bytes: await share.result(form) { await text(form) })))
    }

    public func text(_ form: MetricsText.Form) async -> [UInt8] {
        let now = time.now
        let inFlight = await poller.queue.feedsInFlight
        var daemon = Health.Daemon(
            pid: 0, version: Program.version, started: started, isResponsive: true, inFlight: inFlight)
        daemon.trouble = poller.archive.trouble
        let health = HealthCheck.run(
            folder: poller.archive.folder, archive: poller.archive, daemon: daemon, settings: poller.statusSettings,
            at: now)
        var text = MetricsText(form)
        MetricsPage.write(health, version: Program.version, perFeed: poller.feedsInMetrics, to: &text)
        let sums = poller.archive.metrics.sums
        text.family(
            "ingestd_polls_total", .counter, "Polls since the start, by outcome.",
            [
                (["outcome": "changed"], Double(sums.changed)), (["outcome": "not_modified"], Double(sums.notModified)),
                (["outcome": "failed"], Double(sums.failed)),
            ])
        text.family(
            "ingestd_articles_total", .counter, "Articles and their changes since the start, by kind.",
            [
                (["kind": "new"], Double(sums.new)), (["kind": "revised"], Double(sums.revised)),
                (["kind": "duplicate"], Double(sums.duplicates)),
            ])
        text.counter(
            "ingestd_received_bytes_total", "Bytes of documents on the wire since the start.", Double(sums.bytes))
        text.histogram(
            "ingestd_poll_lateness_seconds", "How long after their time polls begin.", poller.metrics.lateness.counts)
        text.histogram(
            "ingestd_poll_duration_seconds", "Of polls, from the request to the commit.",
            poller.metrics.durations.counts)
        text.histogram(
            "ingestd_commit_duration_seconds", "Of transactions, from their begin until they are durable.",
            poller.archive.metrics.commits.counts)
        let backlog = await poller.queue.backlog
        text.gauge("ingestd_queue_due", "Feeds that are due and wait for room.", backlog.waiting)
        text.gauge("ingestd_transfers_in_flight", "Feeds that are being polled.", inFlight)
        text.gauge("ingestd_hosts_paused", "Domains that have asked for quiet.", backlog.pausedScopes)
        text.gauge(
            "ingestd_process_start_time_seconds", "When the daemon was started, since 1970.",
            Double(started.milliseconds) / 1000)
        ProcessFigures.current?.write(to: &text)
        text.end()
        return text.bytes
    }

    /// What the archive knows, for when no daemon runs.
    public static func text(_ health: Health, form: MetricsText.Form, perFeed: Int) -> [UInt8] {
        var text = MetricsText(form)
        write(health, version: Program.version, perFeed: perFeed, to: &text)
        text.end()
        return text.bytes
    }

    private static func write(_ health: Health, version: String, perFeed: Int, to text: inout MetricsText) {
        text.family("ingestd_build_info", .gauge, "Always 1.", [(["version": version], 1)])
        text.gauge(
            "ingestd_health_state", "As 'ingestd status': 0 ok, 1 degraded, 2 critical, 3 unknown.",
            Int(health.state.exitCode))
        guard let figures = health.findings.figures else { return }
        text.family(
            "ingestd_feeds", .gauge, "Feeds of the configuration, by state.",
            PollState.State.allCases.map { (["state": $0.rawValue], Double(figures.feeds[$0] ?? 0)) })
        text.gauge("ingestd_feeds_overdue", "Feeds whose poll is late.", figures.overdue)
        text.gauge("ingestd_feeds_silent", "Feeds that answer and are silent against their rhythm.", figures.silent)
        text.gauge(
            "ingestd_feeds_losing", "Feeds of which entries may have come and gone unseen in the last 24 hours.",
            figures.losingInDay)
        text.gauge(
            "ingestd_network_outage", "1 while our own network seems to be out.", figures.outageSince == nil ? 0 : 1)
        text.gauge("ingestd_archive_articles", "Articles in the archive.", figures.articles)
        text.gauge("ingestd_archive_revisions", "Revisions in the archive.", figures.revisions)
        text.gauge("ingestd_archive_bytes", "Of the database and its log.", health.findings.bytes)
        text.gauge("ingestd_archive_free_bytes", "Free for the archive.", health.findings.freeBytes.map(Double.init))
        text.gauge("ingestd_change_log_lines", "Of the change log, ever.", Double(figures.seq))
        text.gauge(
            "ingestd_last_write_timestamp_seconds", "When something was last archived, since 1970.",
            figures.lastWrite.map { Double($0.milliseconds) / 1000 })
        let failing = figures.troubles.filter { $0.failures > 0 }.prefix(perFeed)
        text.family(
            "ingestd_feed_failures", .gauge, "Failures in a row, of those feeds that have failed longest.",
            failing.map { (["feed": $0.url, "code": $0.error.code], Double($0.failures)) })
    }
}

/// Work that many ask for at once is done once for all of them: who asks while it is going on gets what comes of it.
private actor SharedWork<Key: Hashable & Sendable, Result: Sendable> {
    private var running: [Key: Task<Result, Never>] = [:]

    func result(_ key: Key, _ work: @escaping @Sendable () async -> Result) async -> Result {
        if let task = running[key] { return await task.value }
        let task = Task(operation: work)
        running[key] = task
        let result = await task.value
        running[key] = nil
        return result
    }
}
