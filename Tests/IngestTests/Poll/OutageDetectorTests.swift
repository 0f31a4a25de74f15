import FeedFetch
import FeedModel
import Testing

@testable import Ingest

@Suite struct OutageDetectorTests {
    enum Event: Sendable {
        /// A request to this scope is asked and fails; the feed failed already if it says so.
        case fails(String, before: Bool = false)
        case answers(String)
        /// Asked, and not answered yet.
        case asks(String)
        case unanswered(String)
        case givenUp(String)
        case waits(Duration)
    }

    struct Row: Sendable, CustomTestStringConvertible {
        var name: String
        var events: [Event]
        var isOut: Bool
        var testDescription: String { name }

        init(_ name: String, _ events: [Event], isOut: Bool) {
            self.name = name
            self.events = events
            self.isOut = isOut
        }
    }

    static func fail(_ count: Int, from first: Int = 1) -> [Event] { (first..<first + count).map { .fails("s\($0)") } }

    @Test(arguments: [
        Row("five scopes fail", fail(5), isOut: true),
        Row("four scopes are too few", fail(4), isOut: false),
        Row("one dead host is its own failure", Array(repeating: .fails("s"), count: 50), isOut: false),
        Row("a few hosts, each again and again", fail(4) + fail(4) + fail(4), isOut: false),
        Row("somebody answers between", fail(4) + [.answers("t")] + fail(4), isOut: false),
        Row("somebody has answered before", [.answers("t"), .answers("u")] + fail(5), isOut: true),
        Row("those that failed before prove nothing", (1...20).map { .fails("s\($0)", before: true) }, isOut: false),
        Row(
            "nor do they stand in the way", (6...20).map { .fails("s\($0)", before: true) } + fail(5), isOut: true),
        Row("over a quarter of an hour", fail(4) + [.waits(.minutes(15))] + fail(1, from: 5), isOut: true),
        Row("too long ago", fail(4) + [.waits(.minutes(31))] + fail(1, from: 5), isOut: false),
        // At a start dead names fail at once, while good hosts have not answered yet.
        Row("many may still answer", (1...50).map { .asks("t\($0)") } + fail(10), isOut: false),
        Row("one of six may still answer", [.asks("t")] + fail(5), isOut: true),
        Row("two of seven may still answer", [.asks("t"), .asks("u")] + fail(5), isOut: false),
        Row("until they fail too", [.asks("t"), .asks("u")] + fail(5) + [.unanswered("u")], isOut: true),
        Row("what was given up tells nothing", (1...9).map { .givenUp("s\($0)") }, isOut: false),
        Row("it lasts", fail(5) + [.givenUp("t"), .fails("u", before: true), .waits(.hours(9))], isOut: true),
        Row("the first answer ends it", fail(9) + [.answers("s3")], isOut: false),
        Row("and four failures do not begin it anew", fail(9) + [.answers("s3")] + fail(4), isOut: false),
    ])
    func outages(row: Row) {
        var detector = OutageDetector()
        var now = Timestamp(seconds: 1_795_000_000)
        var changes: [OutageDetector.Change] = []
        func note(_ scope: String, _ sign: OutageDetector.Sign, before: Bool = false) {
            if let change = detector.note(scope, sign, failedBefore: before, at: now) { changes.append(change) }
        }
        for event in row.events {
            switch event {
            case .asks(let scope): detector.asks(scope)
            case .unanswered(let scope): note(scope, .unreachable)
            case .waits(let duration): now = now + duration
            case .fails(let scope, let before):
                detector.asks(scope)
                note(scope, .unreachable, before: before)
            case .answers(let scope):
                detector.asks(scope)
                note(scope, .reached)
            case .givenUp(let scope):
                detector.asks(scope)
                note(scope, .none)
            }
        }
        #expect((detector.since != nil) == row.isOut)
        // Each change is told once, in turn.
        #expect(changes.last == (row.isOut ? .began : changes.isEmpty ? nil : .ended))
        #expect(changes.count <= 2)
    }

    @Test func itIsOutSinceTheFirstFailure() {
        var detector = OutageDetector()
        let start = Timestamp(seconds: 1_795_000_000)
        for number in 0..<5 {
            _ = detector.note("s\(number)", .unreachable, failedBefore: false, at: start + .seconds(Int64(number)))
        }
        #expect(detector.since == start)
    }

    @Test(arguments: [
        (FetchFailure.Code.dns, OutageDetector.Sign.unreachable), (.connect, .unreachable), (.timeout, .unreachable),
        (.reset, .unreachable), (.tls, .reached), (.truncated, .reached), (.badResponse, .reached),
        (.tooLarge, .reached), (.tooManyRedirects, .reached), (.cancelled, .none), (.addressRefused, .none),
        (.hostPaused, .none),
    ])
    func signs(code: FetchFailure.Code, sign: OutageDetector.Sign) {
        #expect(OutageDetector.Sign(.failure(FetchFailure(code: code, message: ""))) == sign)
    }

    @Test func anAnswerIsOneWhateverItSays() {
        #expect(OutageDetector.Sign(.response(FeedResponse(status: 500, finalURL: "http://a/"))) == .reached)
        let hop = Hop(status: 302, from: "http://a/", to: "http://b/", isDowngrade: false)
        #expect(OutageDetector.Sign(.failure(FetchFailure(code: .dns, message: "", hops: [hop]))) == .reached)
    }
}
