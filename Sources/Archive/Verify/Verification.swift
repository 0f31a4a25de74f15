public import FeedModel
import GRDB

/// Something in an archive that is not as this program writes it.
public struct VerificationFinding: Hashable, Sendable {
    public enum Code: String, Hashable, Sendable, CaseIterable {
        /// SQLite itself finds its file damaged.
        case database
        /// A table, an index or a view is not there.
        case schema
        /// A content is not what its hash was made of.
        case contentHash = "content-hash"
        /// A row names another that is not there, or is another article's.
        case reference
        /// An article's revisions are not numbered from 1 to its newest.
        case revisions
        /// The change log has a gap, or does not tell what the archive holds.
        case changes
        /// What an entry said is no JSON, or does not tell of its attachments.
        case entry
        /// A kept sum differs from what is counted.
        case count
        /// The full-text index does not hold what the articles show.
        case searchIndex = "search-index"
        /// Links of articles that say almost the same, and the stories that they make, disagree.
        case story
        /// A WARC file is not there, is damaged, or does not hold what was kept.
        case rawDocument = "raw-document"
    }

    public var code: Code
    /// One line that says what is wrong.
    public var message: String
    /// Where, as far as it concerns one article and its feed.
    public var article: ArticleID?
    public var feedURL: String?
    /// What can be done.
    public var remedy: String
}

/// What a verification looked at and found.
public struct VerificationReport: Hashable, Sendable {
    public var articles = 0
    public var contents = 0
    public var revisions = 0
    public var sightings = 0
    public var attachments = 0
    public var changes = 0
    public var feeds = 0
    /// Contents whose hash cannot be made again: of another version of the canonical form, or without text and written
    /// by a program that did not keep which enclosures stood for it.
    public var hashesNotRecomputed = 0
    /// Articles that the full-text index does not hold yet, which is no fault.
    public var searchBacklog = 0
    /// Documents that were kept as they came, and those that were found unchanged.
    public var rawDocuments = 0
    public var rawFiles = 0
    /// Bytes behind the last whole record of the newest WARC file: a daemon writes them now, or was killed when it did and
    /// cuts them off at its next start.
    public var rawTail = 0
    /// All that was found, by kind.
    public private(set) var counts: [VerificationFinding.Code: Int] = [:]
    /// The first of each kind.
    public private(set) var findings: [VerificationFinding] = []

    /// A table that was emptied must not fill the memory with findings.
    public static let mostListed = 100

    public init() {}

    /// Of an archive that cannot even be opened.
    public init(damaged path: String, reason: String) {
        _ = count(.database)
        list(
            VerificationFinding(
                code: .database, message: "it cannot be opened: \(reason)", article: nil, feedURL: nil,
                remedy: ArchiveVerifier.remedyOfDamage(path)))
    }

    public var found: Int { counts.values.reduce(0, +) }

    /// Returns whether it is listed.
    mutating func count(_ code: VerificationFinding.Code) -> Bool {
        counts[code, default: 0] += 1
        return counts[code, default: 0] <= VerificationReport.mostListed
    }

    mutating func list(_ finding: VerificationFinding) { findings.append(finding) }
}

/// How contents are hashed and URLs compared, which this module does not know.
public struct ContentHasher: Sendable {
    /// The version of the canonical form.
    public var form: Int
    /// SHA-256 of the canonical form, and the Unicode scalars of its text. The text is plain; the URLs are the entry's
    /// enclosures.
    public var hash: Hash
    /// What stands for an entry's canonical URL.
    public var urlKey: Key

    public typealias Hash =
        @Sendable (_ title: String?, _ text: String, _ enclosures: [String]) -> (
            hash: [UInt8], length: Int
        )
    public typealias Key = @Sendable (_ url: String?, _ origLink: String?) -> Int64?

    public init(form: Int, hash: @escaping Hash, urlKey: @escaping Key) {
        self.form = form
        self.hash = hash
        self.urlKey = urlKey
    }
}

extension Archive {
    /// Holds everything in the archive against everything else, in one read transaction: what is committed meanwhile is
    /// not looked at, and no writer waits. The write-ahead log cannot be folded in until it ends.
    ///
    /// Memory does not grow with the archive; sorting uses SQLite's temporary files.
    ///
    /// - Parameter progress: called now and then with how many rows of about how many have been read.
    public func verify(_ hasher: ContentHasher, progress: (_ done: Int, _ total: Int) -> Void) throws
        -> VerificationReport
    {
        try read { db in
            try withoutActuallyEscaping(progress) { progress in
                var verifier = ArchiveVerifier(db, hasher, path: path, progress: progress)
                try verifier.run()
                return verifier.report
            }
        }
    }
}
