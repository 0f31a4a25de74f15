import FeedModel
import Ingest

/// How often `status` tells that a feed is silent when it is not, and after what time it tells it when it is.
struct SilenceTrial {
    let publishers: [Publisher]
    let warmUp: Double
    let measured: Double

    private struct Result {
        var feeds = 0
        var falseAlarms = 0
        /// Silences of two weeks and more; and after how long those were told that were.
        var silences = 0
        var told: [Double] = []
    }

    func run() {
        let classes: [(name: String, from: Double)] = [
            ("24 a day and more", 24), ("6 to 24", 6), ("1 to 6", 1), ("1 a week to 1 a day", 1.0 / 7), ("less", 0),
        ]
        var results = [Result](repeating: Result(), count: classes.count)
        for publisher in publishers {
            let perDay = Double(publisher.entries.count) / (warmUp + measured) * 24
            guard let index = classes.firstIndex(where: { perDay >= $0.from }) else { continue }
            follow(publisher, into: &results[index])
        }
        print(
            "\n| entries a day | feeds | false alarms a feed and year | real silences | told | after, median | 90 % |")
        print("|---|---|---|---|---|---|---|")
        for ((name, _), result) in zip(classes, results) {
            let years = Double(result.feeds) * measured / (365 * 24)
            let told = result.told.sorted()
            func days(_ part: Double) -> String {
                told.isEmpty ? "–" : "\((told[Int(Double(told.count - 1) * part)] / 24 * 10).rounded() / 10) d"
            }
            print(
                "| \(name) | \(result.feeds) | \((Double(result.falseAlarms) / max(years, 1e-9) * 1000).rounded() / 1000) | "
                    + "\(result.silences) | \(told.count) | \(days(0.5)) | \(days(0.9)) |")
        }
    }

    private func follow(_ publisher: Publisher, into result: inout Result) {
        result.feeds += 1
        let entries = publisher.entries
        let end = warmUp + measured
        var policy = Learned()
        var (seen, at) = (0, 0.5)
        var last: Double?
        var isTold = false
        var told: [Double] = []
        while at < end {
            var count = seen
            while count < entries.count, entries[count] <= at { count += 1 }
            let first = max(count - publisher.window, 0)
            let wait = policy.wait(
                Sight(
                    now: Clock.instant(at), last: last.map(Clock.instant),
                    dates: publisher.hasDates ? entries[first..<count] : [], count: count - first,
                    new: last == nil ? 0 : count - max(seen, first), known: max(min(seen, count) - first, 0)),
                price: LearnedInterval.usualPrice)
            let isSilent = policy.silenceAlarm.map { Clock.instant(at) >= $0 } ?? false
            if isSilent, !isTold, at >= warmUp {
                let isReal = publisher.silences.contains { $0.from <= at && at < $0.to }
                if isReal { told.append(at) } else { result.falseAlarms += 1 }
            }
            isTold = isSilent
            seen = count
            last = at
            at += wait
        }
        for silence in publisher.silences where silence.from >= warmUp && silence.from < end {
            let until = min(silence.to, end)
            guard until - silence.from >= 14 * 24 else { continue }
            result.silences += 1
            if let first = told.first(where: { $0 >= silence.from && $0 < until }) {
                result.told.append(first - (entries.last { $0 < silence.from } ?? silence.from))
            }
        }
    }
}
