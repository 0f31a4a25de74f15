import FeedModel
import Testing

@testable import Service

@Suite struct ConnectionTableTests {
    private final class Name {}

    private let names = (0..<20).map { _ in Name() }
    private let start = ContinuousClock.now

    private func id(_ number: Int) -> ConnectionTable.ID { ObjectIdentifier(names[number]) }

    private func table(_ connections: Int = 3, perSource: Int = 2) -> ConnectionTable {
        ConnectionTable(.init(connections: connections, perSource: perSource))
    }

    enum Act: Sendable { case nothing, sends, began, ended, ending, stalls }

    struct Case: Sendable, CustomTestStringConvertible {
        var testDescription: String
        var acts: [Act]
        var limit: Duration?
    }

    @Test(
        "a connection is closed for what it does not do",
        arguments: [
            Case(testDescription: "nothing is sent", acts: [.nothing], limit: .seconds(10)),
            Case(testDescription: "a head that never ends", acts: [.sends, .sends, .sends], limit: .seconds(10)),
            Case(testDescription: "a request is answered", acts: [.sends, .began], limit: nil),
            Case(testDescription: "a body comes meanwhile", acts: [.sends, .began, .sends], limit: nil),
            Case(testDescription: "idle after an answer", acts: [.sends, .began, .ended], limit: .seconds(60)),
            Case(testDescription: "another head", acts: [.sends, .began, .ended, .sends], limit: .seconds(10)),
            Case(testDescription: "told to go", acts: [.sends, .began, .ending, .ended, .sends], limit: .seconds(2)),
            Case(testDescription: "takes no answer", acts: [.sends, .began, .stalls], limit: .seconds(30)),
        ])
    func aConnectionIsClosed(given: Case) {
        var table = table()
        #expect(table.opened(id(0), from: nil, at: start) == [])
        for act in given.acts {
            switch act {
            case .nothing: break
            case .sends: table.sent(id(0), at: start)
            case .began: table.began(id(0), at: start)
            case .ended: table.ended(id(0), at: start)
            case .ending: table.ending(id(0), at: start)
            case .stalls: table.takes(id(0), false, at: start)
            }
        }
        let limit = given.limit ?? .days(1)
        #expect(table.overdue(at: start + limit - .milliseconds(1)) == [])
        #expect(table.overdue(at: start + limit) == (given.limit == nil ? [] : [id(0)]))
    }

    @Test("bytes do not make a head last longer") func aDripOfAHead() {
        var table = table()
        _ = table.opened(id(0), from: nil, at: start)
        for second in 0..<10 { table.sent(id(0), at: start + .seconds(second)) }
        #expect(table.overdue(at: start + .seconds(10)) == [id(0)])
    }

    @Test("the oldest idle one gives way to a new one") func theOldestGivesWay() {
        var table = table()
        for number in 0..<3 { #expect(table.opened(id(number), from: nil, at: start + .seconds(number)) == []) }
        table.sent(id(0), at: start + .seconds(4))
        #expect(table.opened(id(3), from: nil, at: start + .seconds(5)) == [id(1)])
        table.began(id(2), at: start + .seconds(6))
        #expect(table.opened(id(4), from: nil, at: start + .seconds(7)) == [id(3)])
        // A head that comes gives way after those that send nothing.
        table.began(id(4), at: start + .seconds(8))
        #expect(table.hasRoom && table.opened(id(5), from: nil, at: start + .seconds(9)) == [id(0)])
        table.began(id(5), at: start + .seconds(10))
        #expect(!table.hasRoom && table.opened(id(6), from: nil, at: start + .seconds(11)) == [id(6)])
        #expect(table.count == 3 && table.giveWay() == nil)
        table.ended(id(4), at: start + .seconds(12))
        #expect(table.hasRoom && table.giveWay() == id(4) && table.count == 2)
    }

    @Test("one source takes no more than its part") func oneSource() {
        var table = table(10)
        #expect(table.opened(id(0), from: "a", at: start) == [])
        #expect(table.opened(id(1), from: "a", at: start + .seconds(1)) == [])
        #expect(table.opened(id(2), from: "b", at: start) == [])
        #expect(table.opened(id(3), from: "a", at: start + .seconds(2)) == [id(0)])
        for number in [1, 3] { table.began(id(number), at: start + .seconds(3)) }
        #expect(table.opened(id(4), from: "a", at: start + .seconds(4)) == [id(4)])
        #expect(table.opened(id(5), from: nil, at: start + .seconds(4)) == [])
        table.closed(id(1))
        #expect(table.opened(id(6), from: "a", at: start + .seconds(5)) == [])
        #expect(table.count == 4)
    }
}
