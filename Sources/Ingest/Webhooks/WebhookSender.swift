public import Archive
public import FeedFetch
public import FeedModel
public import Logging

/// Delivers the change log to the configured webhooks.
///
/// ```
/// position ─ lines behind it that the webhook wants ─ one request ─ 2xx ─ position moves, durable
///    └───────────────── the same again, after a wait ◂── all else ──┘
/// ```
///
/// At least once and in order, to each at its own pace. Of a webhook that does not answer nothing is held but where it
/// stands: lines are read from the archive anew for each request.
public actor WebhookSender {
    private let archive: Archive
    private let client: HTTPClient
    private let time: any TimeSource
    private let jitter: @Sendable () -> Double
    private let logger: Logger

    private var configuration = Configuration()
    private var hooks: [String: Hook] = [:]
    private var newest: Int64 = 0
    private let alarm: Alarm
    private var isClosing = false

    private let news: AsyncStream<Void>
    private let tellNews: AsyncStream<Void>.Continuation

    private struct Hook {
        var settings: WebhookSettings
        /// As the archive has it, but for the position, which may be further on by lines that are not for it.
        var state: Webhook
        var savedPosition: Int64
        /// There may be something behind the position.
        var hasNews = true
        var isBusy = false
        /// What comes until then is sent together.
        var gathersUntil: Timestamp?
        /// A position that moved by lines that are not for it is written no sooner, so that many polls make few writes.
        var nextSave: Timestamp?

        var isSaved: Bool { savedPosition >= state.position }
    }

    /// Lines that are not for a webhook, and that it would look through again after a restart.
    private static let mostUnsaved: Int64 = 1000

    /// - Parameter jitter: 0 to 1, drawn anew at each call.
    public init(
        archive: Archive, client: HTTPClient, time: any TimeSource = SystemTime(),
        jitter: @escaping @Sendable () -> Double = { .random(in: 0...1) }, logger: Logger
    ) {
        self.archive = archive
        self.client = client
        self.time = time
        alarm = Alarm(time: time)
        self.jitter = jitter
        self.logger = logger
        (news, tellNews) = AsyncStream.makeStream(bufferingPolicy: .bufferingNewest(1))
    }

    /// For the start, before anything is polled, and for a reload.
    public func apply(_ configuration: Configuration) async throws {
        let webhooks = configuration.webhooks
        let states = try await archive.write { try $0.synchronize(webhooks.map(\.configured)) }
        self.configuration = configuration
        let before = hooks
        hooks = [:]
        for (settings, var state) in zip(webhooks, states) {
            let known = before[settings.id]
            let saved = max(state.position, known?.savedPosition ?? 0)
            // What was passed over by another filter is looked at again.
            let isSame = known?.settings.filter == settings.filter
            state.position = max(saved, isSame ? known?.state.position ?? 0 : 0)
            var hook = Hook(settings: settings, state: state, savedPosition: saved)
            // A request that is on its way ends first.
            hook.isBusy = known?.isBusy ?? false
            hooks[settings.id] = hook
        }
        alarm.wake()
    }

    /// The clock was set: waits last as long as they would have.
    public func clockWasSet(by change: Duration) async throws {
        var saved: [Webhook] = []
        hooks = hooks.mapValues { hook in
            var moved = hook
            moved.gathersUntil = hook.gathersUntil.map { $0 + change }
            moved.nextSave = hook.nextSave.map { $0 + change }
            moved.state.failingSince = hook.state.failingSince.map { $0 + change }
            guard let next = hook.state.nextAttempt else { return moved }
            moved.state.nextAttempt = next + change
            moved.savedPosition = moved.state.position
            saved.append(moved.state)
            return moved
        }
        if !saved.isEmpty { try await archive.write { [saved] in for state in saved { try $0.save(state) } } }
        alarm.wake()
    }

    /// The change log may have grown.
    public nonisolated func wakeUp() { tellNews.yield() }

    /// Starts no more requests; `run` returns when those that are on their way have ended.
    public func close() {
        isClosing = true
        alarm.wake()
    }

    // MARK: the loop

    /// Delivers until it is closed or the task is cancelled.
    ///
    /// - Throws: what says that the archive or the program is broken.
    public func run() async throws {
        try await withThrowingTaskGroup { group in
            group.addTask {
                for await _ in self.news { try await self.lookForNews() }
            }
            group.addTask { try await self.deliver() }
            // Either ends only with the program.
            try await group.next()
            group.cancelAll()
        }
    }

    private func deliver() async throws {
        try await withThrowingDiscardingTaskGroup { group in
            while !Task.isCancelled, !isClosing {
                for id in due() {
                    hooks[id]?.isBusy = true
                    group.addTask { try await self.turn(id) }
                }
                await alarm.sleep(until: nextTurn)
            }
        }
    }

    private func lookForNews() throws {
        if hooks.isEmpty { return }
        let newest = try archive.newestChange()
        if newest == self.newest { return }
        self.newest = newest
        for id in hooks.keys { hooks[id]?.hasNews = true }
        alarm.wake()
    }

    private func due() -> [String] {
        let now = time.now
        return hooks.compactMap { id, hook in Self.turn(of: hook).map { $0 <= now } == true ? id : nil }
    }

    private var nextTurn: Timestamp? { hooks.values.compactMap(Self.turn).min() }

    /// When a webhook's lines are looked at; `nil`: when something happens.
    private static func turn(of hook: Hook) -> Timestamp? {
        guard !hook.isBusy, !hook.state.isStopped else { return nil }
        let start = Timestamp(milliseconds: 0)
        let request = hook.hasNews ? max(hook.state.nextAttempt ?? start, hook.gathersUntil ?? start) : nil
        return [request, hook.isSaved ? nil : hook.nextSave].compactMap(\.self).min()
    }

    // MARK: one turn

    /// Looks at what stands behind a webhook's position, and sends it.
    private func turn(_ id: String) async throws {
        defer {
            hooks[id]?.isBusy = false
            alarm.wake()
        }
        guard let hook = hooks[id] else { return }
        let batch = try await archive.outlasting(time) {
            try WebhookBatch(of: archive, after: hook.state.position, hook.settings)
        }
        guard batch.count > 0 else { return try await pass(id, to: batch) }
        // What is acknowledged must be noted, or it is sent again.
        guard await archive.untilWritable() else {
            hooks[id]?.gathersUntil = time.now + .seconds(1)
            return
        }
        let request = WebhookRequest(hook.settings, configuration)
        let outcome = await request.send(batch, by: client, time: time)
        try await settle(id, hook.settings, batch, outcome)
    }

    /// None of these lines is for it.
    private func pass(_ id: String, to batch: WebhookBatch) async throws {
        guard var hook = hooks[id] else { return }
        let now = time.now
        hook.state.position = batch.position
        hook.hasNews = try !batch.isEnd || archive.newestChange() > batch.position
        let isTime = hook.nextSave.map { $0 <= now } ?? true
        let saves = !hook.isSaved && (isTime || batch.position - hook.savedPosition >= WebhookSender.mostUnsaved)
        if saves {
            hook.savedPosition = batch.position
            hook.nextSave = now + hook.settings.interval
        }
        hooks[id] = hook
        if saves { try await archive.write { [state = hook.state] in try $0.save(state) } }
    }

    private func settle(
        _ id: String, _ asked: WebhookSettings, _ batch: WebhookBatch, _ outcome: WebhookRequest.Outcome
    ) async throws {
        let now = time.now
        // It may have left the configuration, or changed in it, while the request was on its way.
        guard var hook = hooks[id] else { return }
        switch outcome {
        case .abandoned:
            // The client has been shut down, and the program ends.
            hooks[id]?.gathersUntil = now + .seconds(1)
            return
        case .acknowledged:
            if hook.state.lastError != nil {
                logger.notice("webhook delivers again", metadata: ["host": "\(hook.state.host)"])
            }
            hook.state.acknowledged(batch.count, upTo: batch.position, at: now)
            hook.gathersUntil = batch.isEnd ? now + hook.settings.interval : nil
        case .failed(let error, let retryAfter):
            if hook.settings != asked { return }
            log(error, of: hook.state)
            hook.state.failed(error, retryAfter: retryAfter, at: now, jitter: jitter())
        case .gone(let error):
            if hook.settings != asked { return }
            log(error, of: hook.state)
            hook.state.stop(error, at: now)
        }
        hook.savedPosition = hook.state.position
        hooks[id] = hook
        try await archive.write { [state = hook.state] in try $0.save(state) }
    }

    private func log(_ error: PollError, of webhook: Webhook) {
        // What is wrong for long is told once.
        if webhook.lastError?.code == error.code { return }
        logger.warning(
            "webhook delivery failed",
            metadata: ["host": "\(webhook.host)", "code": "\(error.code)", "reason": "\(error.message)"])
    }
}
