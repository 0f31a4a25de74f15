import CCurl

/// The loop that drives all transfers. It is made, run and freed on one thread, which owns the multi handle
/// and every easy handle.
final class TransferLoop {
    private let mailbox: TransferMailbox
    private var environment: TransferEnvironment
    private let multi: UnsafeMutableRawPointer
    private let budget: BodyBudget
    private var active: [UInt64: Transfer] = [:]
    private var idleHandles: [EasyHandle] = []
    private var maximumIdleHandles = 0
    private var finished: [(CheckedContinuation<Transfer.Outcome, Never>, Transfer.Outcome)] = []

    init(_ mailbox: TransferMailbox, _ settings: TransferSettings, maxBufferedBytes: Int) {
        guard let multi = curl_multi_init() else { fatalError("libcurl has no memory for a multi handle") }
        self.multi = multi
        self.mailbox = mailbox
        environment = settings.environment
        budget = BodyBudget(
            limit: maxBufferedBytes, concurrency: settings.maximumConcurrency, leased: LeasedBytes { mailbox.wake() })
        apply(settings)
    }

    private func apply(_ settings: TransferSettings) {
        environment = settings.environment
        maximumIdleHandles = settings.maximumConcurrency
        budget.concurrency = settings.maximumConcurrency
        // Connections in use count too: as many as there are transfers, and room for some that wait.
        _ = ccurl_multi_set_long(multi, CURLMOPT_MAXCONNECTS, min(settings.maximumConcurrency, 1 << 20) + 256)
    }

    deinit {
        idleHandles = []
        curl_multi_cleanup(multi)
    }

    /// Returns after the mailbox was told to stop.
    func run() {
        mailbox.open(multi)
        while true {
            let delivery = mailbox.collect()
            for waiter in delivery.turnWaiters { waiter.resume() }
            if let settings = delivery.settings { apply(settings) }
            for submission in delivery.submissions { start(submission) }
            for id in delivery.cancellations {
                if let transfer = active[id] { finish(transfer, .failure(transfer.failure(.cancelled, "abandoned"))) }
            }
            if delivery.isStopping { break }
            var running: Int32 = 0
            curl_multi_perform(multi, &running)
            finishCompleted()
            makeRoom()
            handOver()
            // Returns when a socket is ready, a timer of libcurl has run out or the mailbox wakes it; once
            // a second in any case, so that `lastTurn` tells a loop that turns from one that hangs.
            curl_multi_poll(multi, nil, 0, budget.isAwaited ? 200 : 1000, nil)
        }
        for transfer in active.values { finish(transfer, .failure(transfer.failure(.cancelled, "abandoned"))) }
        handOver()
        mailbox.close()
    }

    private func start(_ submission: Submission) {
        let transfer = Transfer(submission, easy: idleHandles.popLast() ?? EasyHandle(), budget: budget)
        active[transfer.id] = transfer
        if let failure = transfer.prepare(environment) {
            finish(transfer, .failure(failure))
        } else if curl_multi_add_handle(multi, transfer.easy.pointer) != CURLM_OK {
            finish(transfer, .failure(transfer.failure(.connect, "libcurl has no memory for another transfer")))
        }
    }

    /// Takes what libcurl reports as done.
    private func finishCompleted() {
        var left: Int32 = 0
        while let message = curl_multi_info_read(multi, &left) {
            guard message.pointee.msg == CURLMSG_DONE, let easy = message.pointee.easy_handle else { continue }
            // The message is gone once the handle is removed.
            let result = message.pointee.data.result
            var pointer: UnsafeMutablePointer<CChar>?
            _ = ccurl_get_string(easy, CURLINFO_PRIVATE, &pointer)
            guard let transfer = Transfer.at(UnsafeMutableRawPointer(pointer)) else { continue }
            finish(transfer, transfer.outcome(result))
        }
    }

    /// Ends what keeps memory from others for nothing, and lets go on who may.
    private func makeRoom() {
        for id in budget.stalled(at: .now) {
            if let transfer = active[id] { finish(transfer, transfer.outcomeOfStandingStill()) }
        }
        while let id = budget.resumable(at: .now) {
            if let transfer = active[id] { resume(transfer) }
        }
    }

    /// The bytes that were refused are delivered before `curl_easy_pause` returns. If they are refused for
    /// good, nothing but its result says so.
    private func resume(_ transfer: Transfer) {
        let result = curl_easy_pause(transfer.easy.pointer, CURLPAUSE_CONT)
        if result != CURLE_OK || transfer.verdict != nil { finish(transfer, transfer.outcome(result)) }
    }

    private func finish(_ transfer: Transfer, _ outcome: Transfer.Outcome) {
        guard active.removeValue(forKey: transfer.id) != nil else { return }
        curl_multi_remove_handle(multi, transfer.easy.pointer)
        budget.release(transfer.id)
        if idleHandles.count < maximumIdleHandles {
            transfer.easy.reset()
            idleHandles.append(transfer.easy)
        }
        finished.append((transfer.continuation, outcome.map(leased)))
    }

    private func leased(_ response: HTTPResponse) -> HTTPResponse {
        var response = response
        response.lease = budget.lease(response.body.count)
        return response
    }

    private func handOver() {
        for (continuation, outcome) in finished { continuation.resume(returning: outcome) }
        finished.removeAll(keepingCapacity: true)
    }
}
