import Archive
import FeedModel
import Foundation
import Glibc
import Ingest

/// What full text costs.
///
///     swift run -c release search-benchmark FOLDER [--articles N] [--rounds N] [--alone]
///
/// Fills an archive in FOLDER with N articles (200,000) of about 3 KB, words drawn by Zipf's law, a tenth of them in a
/// script without spaces; indexes it; then asks queries of every kind, each first with nothing read before and then
/// warm. `--alone` indexes in the batches of a program that does nothing else. An archive that is there already is only asked.
@main
enum SearchBenchmark {
    static func main() async throws {
        var folder: String?
        var articles = 200_000
        var rounds = 7
        var batch = SearchIndexer.Batch.besidePolls
        var arguments = CommandLine.arguments.dropFirst()
        while let one = arguments.popFirst() {
            switch one {
            case "--articles": articles = arguments.popFirst().flatMap(Int.init) ?? articles
            case "--rounds": rounds = arguments.popFirst().flatMap(Int.init) ?? rounds
            case "--alone": batch = .alone
            default: folder = one
            }
        }
        guard let folder else {
            print("usage: search-benchmark FOLDER [--articles N] [--rounds N] [--alone]")
            exit(64)
        }
        let archive = try Archive.openForWriting(
            folder: folder,
            holder: ArchiveLock.Holder(pid: Int(getpid()), started: SystemTime().now, version: "0", command: "test"))
        if try archive.newestChange() == 0 { try await fill(archive, articles) }
        try await index(archive, batch)
        try ask(archive, rounds)
    }

    // MARK: filling

    static let feeds = 2000
    static let start = Timestamp(seconds: 1_700_000_000)

    private static func fill(_ archive: Archive, _ count: Int) async throws {
        let configured = (0..<feeds).map { number in
            ConfiguredFeed(
                url: "https://site\(number).example/feed", title: nil,
                tags: (number < 10 ? ["few"] : []) + (number % 2 == 0 ? ["half"] : []), enabled: true, settings: "")
        }
        let ids = try await archive.write { try $0.synchronize(configured, at: start) }.map(\.id)
        var writer = Writer()
        let began = ContinuousClock.now
        var bytes = 0
        for batch in stride(from: 0, to: count, by: 500) {
            let new = (batch..<min(batch + 500, count)).map { writer.article($0) }
            bytes += new.reduce(0) { $0 + $1.text.utf8.count }
            try await archive.write { archive in
                var newOf: [FeedID: Int] = [:]
                for (offset, content) in new.enumerated() {
                    // Feeds are of very different sizes.
                    let number = batch + offset
                    let feed = ids[Int(Double(feeds) * pow(Double(number * 7919 % 10007) / 10007, 3))]
                    _ = try archive.insertArticle(
                        content,
                        sighting: { contentID in
                            SightingRecord(
                                guid: "g\(number)", url: "https://site.example/\(number)", urlKey: Int64(number),
                                published: nil, modified: nil, contentID: contentID, author: "Ada Lovelace",
                                language: nil, summary: nil,
                                entry: Array("{\"id\":\"\(number)\",\"_ingestd\":{}}".utf8),
                                fingerprint: Int64(number), attachments: [])
                        }, in: feed, rule: 5, modified: nil, at: start + .seconds(Int64(number) * 60))
                    newOf[feed, default: 0] += 1
                }
                for (feed, count) in newOf {
                    var figures = PollFigures(outcome: .changed, bytes: 0, duration: .zero)
                    figures.new = count
                    try archive.log(figures, of: feed, firstSightings: count, at: start)
                }
            }
        }
        print("\(count) articles, \(bytes / count) bytes of text each, written in \(ContinuousClock.now - began)")
    }

    // MARK: indexing

    private static func index(_ archive: Archive, _ batch: SearchIndexer.Batch) async throws {
        let backlog = try archive.searchBacklog()
        if backlog == 0 { return }
        let before = size(archive)
        let began = ContinuousClock.now
        var batches: [Duration] = []
        while true {
            let start = ContinuousClock.now
            let progress = try await archive.write {
                try $0.indexNext(articles: batch.articles, bytes: batch.bytes)
            }
            batches.append(ContinuousClock.now - start)
            if !progress.hasMore { break }
        }
        let took = ContinuousClock.now - began
        batches.sort()
        print(
            """
            indexed \(backlog) articles in \(took), \(took / backlog) each, in \(batches.count) batches: median \
            \(batches[batches.count / 2]), 99 % \(batches[batches.count * 99 / 100]), 99.9 % \
            \(batches[batches.count * 999 / 1000]), longest \(batches.last ?? .zero)
            database \(before >> 20) MiB before, \((size(archive) - before) >> 20) MiB of index
            """)
    }

    private static func size(_ archive: Archive) -> Int {
        let attributes = try? FileManager.default.attributesOfItem(atPath: archive.path)
        return (attributes?[.size] as? NSNumber)?.intValue ?? 0
    }

    // MARK: asking

    private static func ask(_ archive: Archive, _ rounds: Int) throws {
        let word = Writer.word
        let dates = "after:2023-12-01 before:2023-12-02"
        let queries: [(name: String, query: String)] = [
            ("a rare word", word(200_000)), ("an unusual word", word(20_000)), ("a usual word", word(1000)),
            ("a common word", word(30)), ("the most common word", word(0)),
            ("two common words", "\(word(1)) \(word(2))"), ("a common and a rare one", "\(word(0)) \(word(100_000))"),
            ("a phrase of common words", "\"\(word(1)) \(word(2))\""),
            ("a phrase of usual words", "\"\(word(300)) \(word(500))\""),
            ("three, by OR", "\(word(50)) OR \(word(60)) OR \(word(70))"),
            ("common without common", "\(word(0)) -\(word(1))"),
            ("common in titles", "title:\(word(20))"),
            ("a prefix of three letters", "\(word(5000).prefix(3))*"),
            ("a prefix of two letters", "\(word(5000).prefix(2))*"), ("two Chinese characters", "天安"),
            ("four Chinese characters", "天安水火"), ("one Chinese character", "天"),
            ("most common, small feed", "\(word(0)) feed:site1999.example"),
            ("most common, large feed", "\(word(0)) feed:site0.example"),
            ("most common, ten feeds", "\(word(0)) tag:few"), ("most common, a thousand feeds", "\(word(0)) tag:half"),
            ("rare, a thousand feeds", "\(word(50_000)) tag:half"),
            ("most common, one day", "\(word(0)) \(dates)"), ("rare, one day", "\(word(5000)) \(dates)"),
        ]
        print("milliseconds for the first 20:  by rank: first, warm   the newest: first, warm   found")
        for (name, text) in queries {
            let query = try SearchQuery.parse(text) { DateText.day($0) }
            var row = name.padding(toLength: 32, withPad: " ", startingAt: 0)
            var found = 0
            for sort in [SearchRequest.Sort.rank, .newest] {
                // As a command begins: nothing in SQLite's own cache.
                let cold = try Archive.openForReading(folder: archive.folder)
                var times: [Duration] = []
                for _ in 0...rounds {
                    let start = ContinuousClock.now
                    let request = SearchRequest(query, filter: ArticleFilter(limit: 20), sort: sort)
                    found = try cold.search(request) { _ in }.found
                    times.append(ContinuousClock.now - start)
                }
                let first = times.removeFirst()
                row += column(first) + column(times.sorted()[times.count / 2])
            }
            print(row + "    \(found)")
        }
    }

    private static func column(_ duration: Duration) -> String {
        let value = Double(duration.components.attoseconds) / 1e15 + Double(duration.components.seconds) * 1000
        let text = String((value * 10).rounded() / 10)
        return String(repeating: " ", count: max(0, 12 - text.count)) + text
    }
}

enum DateText {
    static func day(_ text: String) -> Timestamp? {
        let parts = text.split(separator: "-").compactMap { Int($0) }
        guard parts.count == 3 else { return nil }
        var components = DateComponents()
        (components.year, components.month, components.day) = (parts[0], parts[1], parts[2])
        components.timeZone = TimeZone(identifier: "UTC")
        return Calendar(identifier: .gregorian).date(from: components).map {
            Timestamp(seconds: Int64($0.timeIntervalSince1970))
        }
    }
}

/// Makes articles up, always the same ones.
struct Writer {
    private var state: UInt64 = 88_172_645_463_325_252

    private mutating func random() -> Double {
        state ^= state << 13
        state ^= state >> 7
        state ^= state << 17
        return Double(state >> 11) / Double(1 << 53)
    }

    /// The word of a rank: syllables, so that prefixes are shared as in a language.
    static func word(_ rank: Int) -> String {
        let consonants = Array("btkdmnrslgpfvzhjcwx")
        let vowels = Array("aeiouyàéü")
        var number = rank
        var word = ""
        repeat {
            word.append(consonants[number % 19])
            number /= 19
            word.append(vowels[number % 9])
            number /= 9
        } while number > 0
        return word
    }

    /// Zipf's law over this many words: rank = n^u.
    private mutating func zipf(_ n: Double) -> Int { Int(pow(n, random())) - 1 }

    private static let common: [Unicode.Scalar] = "天安水火山人大中国上下一不的是".unicodeScalars.map { $0 }

    mutating func article(_ number: Int) -> ContentRecord {
        let isUnspaced = number % 10 == 9
        var title = ""
        var text = ""
        if isUnspaced {
            func characters(_ count: Int, _ writer: inout Writer) -> String {
                var text = String.UnicodeScalarView()
                for position in 0..<count {
                    let rank = writer.zipf(5000)
                    let common = Writer.common
                    text.append(
                        rank < common.count ? common[rank] : Unicode.Scalar(UInt32(0x4E00 + rank)) ?? common[0])
                    if position % 20 == 19 { text.append("。") }
                }
                return String(text)
            }
            title = characters(20, &self)
            text = characters(1000, &self)
        } else {
            for _ in 0..<9 { title += Writer.word(zipf(500_000)) + " " }
            while text.utf8.count < 3000 { text += Writer.word(zipf(500_000)) + (random() < 0.1 ? ". " : " ") }
        }
        var hash = [UInt8](repeating: 0, count: 32)
        for index in 0..<8 { hash[index] = UInt8(truncatingIfNeeded: number >> (index * 8)) }
        return ContentRecord(
            hash: hash, form: 1, title: title, body: TextConstruct(.html, text), text: text,
            length: text.unicodeScalars.count)
    }
}
