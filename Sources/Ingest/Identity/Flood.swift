import Archive
import FeedModel

/// Whether one document of a feed tells of many things at once that are no news: a site has moved, its program was
/// replaced, its history was put into the feed. All of it is kept as ever, and the change log tells it in one line.
///
/// | reason | what has happened | from how many on |
/// |---|---|---|
/// | `all-new` | nothing of the document was known, and it is no newer than what the feed had | 10, and 90 % of the new ones |
/// | `old-entries` | entries appear that are no newer than what the feed had | 50, and more than 3 × what usually comes |
/// | `guids-changed` | known entries have other guids | 10, and 90 % of the known ones in the document |
/// | `dates-changed` | known entries have other dates | 10, and 90 % of the known ones in the document |
///
/// Of what is no newer, half must be older: where dates are of days alone, a day's entries are all as new as each other.
///
/// The first that holds names the flood. What is newer than the newest that the feed had is news beside it, and so are
/// edits, unless 90 % of the known entries are edited in that very document, as by a new template of the site.
///
/// No flood is a feed's first document, nor what has gathered while a feed could not be reached: that is newer than what
/// was known. A feed that gives its entries other guids or dates in every document, or shows ten others out of its
/// archive, is told of once; then it is its habit until it has kept still for 30 days.
///
/// A pure function of values; `Reconciler` looks them up.
struct Flood: Hashable, Sendable {
    /// What a document shows of its feed, held against what the feed was.
    struct Signs: Hashable, Sendable {
        /// Entries of the document, copies aside.
        var entries = 0
        /// The document is all that the feed shows now.
        var isWhole = true
        /// Entries of articles that the feed held before.
        var held = 0
        /// Those of them whose reliable guid is not the one that the feed showed.
        var withOtherGuid = 0
        /// Those of them whose instant is not the one that the feed showed.
        var withOtherInstant = 0
        /// Edits of those articles.
        var edits = 0
        /// The articles that the feed had not held before.
        var arrivals: [Arrival] = []
        /// The newest instant that the feed had shown, the future aside; `nil` before the first.
        var newest: Timestamp?
        /// How many entries usually come between two polls.
        var usual = 0
        /// When the feed last did each of these.
        var last: [FloodReason: Timestamp] = [:]
    }

    struct Arrival: Hashable, Sendable {
        var instant: Timestamp?
        /// It stands behind all that was known. Documents list the newest first.
        var isBehindKnown = false
    }

    enum Finding: Hashable, Sendable {
        case none
        case flood(Flood)
        /// A flood without news, as this feed brings them all the time: not to be told again.
        case habit(FloodReason)
    }

    var reason: FloodReason
    /// Entries that it stands for.
    var entries: Int
    /// Edits of known articles are part of it.
    var takesEdits = false

    /// Documents of fewer entries have no floods.
    static let least = 10
    private static let leastOld = 50
    private static let timesUsual = 3
    private static let stillness: Duration = .days(30)

    static func judge(_ signs: Signs, at now: Timestamp) -> Finding {
        guard signs.entries >= least else { return .none }
        let old = old(signs)
        func isHabit(_ reason: FloodReason) -> Bool { signs.last[reason].map { now - $0 < stillness } ?? false }
        let isReplaced =
            signs.isWhole && signs.held == 0 && old >= least && isNearlyAll(old, of: signs.arrivals.count)
        let changed: (reason: FloodReason, entries: Int)? =
            if isMass(signs.withOtherGuid, of: signs.held) {
                (.guidsChanged, signs.withOtherGuid)
            } else if isMass(signs.withOtherInstant, of: signs.held) {
                (.datesChanged, signs.withOtherInstant)
            } else {
                nil
            }
        let takesEdits = changed != nil && isMass(signs.edits, of: signs.held)
        if isReplaced, !isHabit(.allNew) { return .flood(Flood(reason: .allNew, entries: old)) }
        if old >= leastOld, old > signs.usual * timesUsual {
            return .flood(
                Flood(reason: .oldEntries, entries: old + (changed?.entries ?? 0), takesEdits: takesEdits))
        }
        if let changed {
            if isHabit(changed.reason), !takesEdits { return .habit(changed.reason) }
            return .flood(Flood(reason: changed.reason, entries: changed.entries, takesEdits: takesEdits))
        }
        return isReplaced ? .habit(.allNew) : .none
    }

    /// Whether the flood's line stands for an arrival.
    func takes(_ arrival: Arrival, _ signs: Signs) -> Bool {
        switch reason {
        case .allNew, .oldEntries: Flood.isOld(arrival, signs)
        case .guidsChanged, .datesChanged: false
        }
    }

    /// How many arrivals are old, if half of them are older than the newest that the feed had.
    private static func old(_ signs: Signs) -> Int {
        let old = signs.arrivals.filter { isOld($0, signs) }
        let older = old.count { $0.instant == nil || $0.instant != signs.newest }
        return older * 2 >= old.count ? old.count : 0
    }

    /// No newer than what the feed had. Without a date, in a document whose new entries have none: behind what was known.
    private static func isOld(_ arrival: Arrival, _ signs: Signs) -> Bool {
        if let instant = arrival.instant { return signs.newest.map { instant <= $0 } ?? false }
        return arrival.isBehindKnown && signs.held > 0
    }

    private static func isMass(_ count: Int, of all: Int) -> Bool { count >= least && isNearlyAll(count, of: all) }

    private static func isNearlyAll(_ count: Int, of all: Int) -> Bool { count * 10 >= all * 9 }
}
