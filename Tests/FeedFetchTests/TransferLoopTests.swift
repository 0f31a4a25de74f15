import FeedFetch
import FeedModel
import Synchronization
import TestSupport
import Testing

/// Many transfers at once, and their ends.
@Suite struct TransferLoopTests {
    @Test func hundredsOfTransfersRunTogether() async throws {
        let server = try ScriptedServer()
        server.otherwise { request in
            .ok(Array(request.target.utf8)).but { $0.delay = .milliseconds(20) }
        }
        let client = try makeClient { $0.maximumConcurrency = 300 }
        let wrong = await withTaskGroup(of: Bool.self) { group in
            for n in 0..<300 {
                group.addTask {
                    let target = "/\(n)"
                    guard let response = try? await client.send(request(server.url(target))).get() else { return true }
                    return response.text != target
                }
            }
            return await group.reduce(into: 0) { $0 += $1 ? 1 : 0 }
        }
        #expect(wrong == 0)
        #expect(server.requests.count == 300)
        await client.shutdown()
    }

    @Test func cancellingATaskAbandonsItsTransfer() async throws {
        let server = try ScriptedServer()
        server.on("/slow", .ok("hello").but { $0.ending = .stall(2) })
        server.on("/", .ok("x"))
        let client = try makeClient()
        let task = Task { await client.send(request(server.url("/slow"))) }
        #expect(try await eventually { server.requests.count == 1 })
        task.cancel()
        #expect(await task.value.failure?.code == .cancelled)
        #expect(try await eventually { server.openConnectionCount == 0 })
        #expect(try await client.send(request(server.url("/"))).get().text == "x")
    }

    @Test func aTaskThatIsCancelledAlreadySendsNothing() async throws {
        let server = try ScriptedServer()
        let client = try makeClient()
        let started = AsyncStream<Void>.makeStream()
        let task = Task {
            for await _ in started.stream {}
            return await client.send(request(server.url("/")))
        }
        task.cancel()
        started.continuation.finish()
        #expect(await task.value.failure?.code == .cancelled)
        #expect(server.connectionCount == 0)
    }

    /// Cancellations that race with submissions and completions: each `send` returns, once.
    @Test func cancellationMayComeAtAnyTime() async throws {
        let server = try ScriptedServer()
        server.otherwise { _ in .ok("x") }
        let client = try makeClient()
        await withTaskGroup(of: Void.self) { group in
            for n in 0..<400 {
                let transfer = Task { await client.send(request(server.url("/\(n)"))) }
                group.addTask {
                    for _ in 0..<(n % 40) { await Task.yield() }
                    transfer.cancel()
                    let result = await transfer.value
                    #expect(result.failure == nil || result.failure?.code == .cancelled)
                }
            }
        }
    }

    @Test func shutdownEndsWhatIsInFlight() async throws {
        let server = try ScriptedServer()
        server.otherwise { _ in .ok("hello").but { $0.ending = .stall(2) } }
        let client = try makeClient()
        let tasks = (0..<50).map { n in Task { await client.send(request(server.url("/\(n)"))) } }
        #expect(try await eventually { server.requests.count == 50 })
        await client.shutdown()
        for task in tasks { #expect(await task.value.failure?.code == .cancelled) }
        #expect(await client.send(request(server.url("/"))).failure?.code == .cancelled)
        await client.shutdown()
        #expect(try await eventually { server.openConnectionCount == 0 })
    }

    @Test func aClientThatIsReleasedLeavesNothingOpen() async throws {
        let server = try ScriptedServer()
        server.otherwise { _ in .ok("x") }
        _ = try await makeClient().send(request(server.url("/"))).get()
        #expect(server.connectionCount == 1)
        #expect(try await eventually { server.openConnectionCount == 0 })
    }

    @Test func theLoopIsSeenToTurn() async throws {
        let client = try makeClient()
        let before = client.lastTurn
        #expect(try await eventually { client.lastTurn > before })
    }

    /// Bodies of 20 MB in all against a budget of 300 kB, less than one of them: everyone gets through whole.
    @Test func pausedTransfersAllGoOn() async throws {
        let server = try ScriptedServer()
        let body = (0..<500_000).map { UInt8(truncatingIfNeeded: $0 &* 31) }
        server.otherwise { request in
            request.target.hasSuffix("0") ? .ok(body).but { $0.framing = .chunked(9_999) } : .ok(body)
        }
        let client = try makeClient { $0.maxBufferedBytes = 300_000 }
        let wrong = await withTaskGroup(of: Bool.self) { group in
            for n in 0..<40 {
                group.addTask {
                    let response = try? await client.send(request(server.url("/\(n)"))).get()
                    return response?.body != body
                }
            }
            return await group.reduce(into: 0) { $0 += $1 ? 1 : 0 }
        }
        #expect(wrong == 0)
    }

    /// Two take all the room there is and then stand still. What is small goes on beside them, and what is large once
    /// they have been found out, long before their time is over.
    @Test func whoStandsStillKeepsNobodyWaiting() async throws {
        let server = try ScriptedServer()
        let filler = [UInt8](repeating: 0x20, count: 400_000)
        server.on("/stalls/1", .ok(filler).but { $0.ending = .stall(300_000) })
        server.on("/stalls/2", .ok(filler).but { $0.ending = .stall(300_000) })
        server.on("/large", .ok(filler))
        server.on("/small", .ok("small"))
        let client = try makeClient {
            $0.maxBufferedBytes = 800_000
            $0.maximumConcurrency = 2
        }
        let stalls = (1...2).map { n in Task { await client.send(request(server.url("/stalls/\(n)"))) } }
        #expect(try await eventually { server.requests.count == 2 })
        let started = ContinuousClock.now
        #expect(try await client.send(request(server.url("/small"))).get().text == "small")
        #expect(try await client.send(request(server.url("/large"))).get().body == filler)
        #expect(ContinuousClock.now - started < .seconds(15))
        // Whichever of them was in the way.
        for stall in stalls { stall.cancel() }
        for stall in stalls {
            let failure = await stall.value.failure
            #expect(failure?.code == .timeout || failure?.code == .cancelled)
        }
        await client.shutdown()
    }

    /// Bytes that were used before a transfer was paused come again when it goes on.
    @Test func whatIsDecodedInPartGoesOnWhereItWas() async throws {
        let server = try ScriptedServer()
        server.otherwise { _ in .ok(Compressed.brotliBomb, ("Content-Encoding", "br")) }
        let client = try makeClient {
            $0.maxBufferedBytes = 1 << 20
            $0.maximumConcurrency = 8
        }
        let sizes = await withTaskGroup(of: Int?.self) { group in
            for n in 0..<8 {
                group.addTask { try? await client.send(request(server.url("/\(n)"))).get().body.count }
            }
            return await group.reduce(into: []) { $0.append($1) }
        }
        #expect(sizes == [Int?](repeating: 8 << 20, count: 8))
    }
}
