import Archive
import FeedModel

/// Which states of an article are not kept, when a feed changes it at nearly every poll: counters, advertisements,
/// "5 minutes ago". A pure function of the states.
///
/// A **run** is the states that a feed showed one after the other without rest: since each, no poll has found the
/// article as it was, or less than an hour has passed. A run of more than twelve is churn. Of its states are kept:
///
/// - the first five and the newest five;
/// - between them the first of each hour of the last 24 hours, and the first of each day (GMT) before: so an edit that
///   is more than a counter's next number is kept, with whatever the counter said then.
///
/// States outside of such runs are kept, all of them: what is edited now and then is never thinned.
///
/// Thinning at each new state leaves the same as thinning once at the end. The change log tells of every state, kept or
/// not. A state that was thinned and comes back is a state like any other, and is stored again: the rules of `Identity`
/// know those contents alone that are kept.
enum RevisionThinning {
    /// A run with more states than this is churn.
    static let longestRun = 12
    /// So many states are kept at each end of it.
    static let ends = 5
    /// What follows a state sooner than this goes on with its run, whatever polls between them found.
    static let shortestRest: Duration = .hours(1)
    /// For so long the first state of each hour is kept, after that the first of each day.
    static let hourly: Duration = .days(1)

    /// A new state's place in its run, counted from 0.
    ///
    /// - Parameters:
    ///   - previous: the newest state that its feed brought.
    ///   - lastPoll: the feed's last successful poll before the new state.
    static func place(after previous: RevisionState?, lastPoll: Timestamp?, at now: Timestamp) -> Int {
        guard let previous else { return 0 }
        let goesOn = lastPoll.map { previous.seen >= $0 } ?? false
        return goesOn || now - previous.seen < shortestRest ? previous.place + 1 : 0
    }

    static func isChurn(place: Int) -> Bool { place >= longestRun }

    /// The numbers of the states that are not kept.
    ///
    /// - Parameter states: of one article, as far as they are kept, oldest first.
    static func thinned(_ states: [RevisionState]) -> [Int] {
        var runs: [FeedID: [RevisionState]] = [:]
        var thinned: [Int] = []
        for state in states {
            if let last = runs[state.feed]?.last, state.place <= last.place {
                thinned += Self.thinned(run: runs.removeValue(forKey: state.feed) ?? [])
            }
            runs[state.feed, default: []].append(state)
        }
        for run in runs.values { thinned += Self.thinned(run: run) }
        return thinned.sorted()
    }

    private static func thinned(run: [RevisionState]) -> [Int] {
        guard let newest = run.last, isChurn(place: newest.place) else { return [] }
        var hours: Set<Int64> = []
        var days: Set<Int64> = []
        return run.dropLast(ends).filter { state in
            let isFirstOfHour = hours.insert(state.seen.milliseconds / 3_600_000).inserted
            let isFirstOfDay = days.insert(state.seen.milliseconds / 86_400_000).inserted
            let isRecent = newest.seen - state.seen <= hourly
            return state.place >= ends && !(isRecent ? isFirstOfHour : isFirstOfDay)
        }.map(\.number)
    }
}

extension PollState {
    /// The mark of a churny feed goes away when none of its articles has churned for so long.
    static let churnForgotten: Duration = .days(7)

    /// Takes in what a successful poll has shown.
    ///
    /// - Parameter articles: how many went on with a run that is churn.
    mutating func noteChurn(_ articles: Int, at now: Timestamp) {
        if articles > 0 {
            churn = Churn(since: churn?.since ?? now, last: now)
        } else if let last = churn?.last, now - last >= PollState.churnForgotten {
            churn = nil
        }
    }
}
