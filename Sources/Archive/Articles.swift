public import FeedModel
import Foundation
import GRDB

/// A stored content as identity sees it.
public struct KnownContent: Hashable, Sendable {
    public var id: Int64
    public var article: ArticleID
    public var hash: [UInt8]
    /// Unicode scalars of the canonical text.
    public var length: Int
    /// An edit has replaced it.
    public var isSuperseded: Bool
    /// Plain text.
    public var title: String?

    static let columns = "id, article_id, hash, length, superseded, title"

    init(row: Row) {
        id = row[0]
        article = ArticleID(rawValue: row[1])
        hash = [UInt8](row[2] as Data)
        length = row[3]
        isSuperseded = row[4]
        title = row[5]
    }
}

/// A content as a poll brings it.
public struct ContentRecord: Sendable {
    /// SHA-256 of the canonical form.
    public var hash: [UInt8]
    /// The version of the canonical form.
    public var form: Int
    /// Plain text.
    public var title: String?
    /// As published; `nil` for an entry without content and summary.
    public var body: TextConstruct?
    /// Canonical; "" for an entry without text.
    public var text: String
    /// `text` as the archive keeps it, where it was made beforehand.
    public var kept: KeptText?
    /// Unicode scalars of `text`.
    public var length: Int
    /// URLs of the enclosures that stand for the text of an entry without any, and so are part of its hash.
    public var enclosures: [String]

    public init(
        hash: [UInt8], form: Int, title: String?, body: TextConstruct?, text: String, kept: KeptText? = nil,
        length: Int, enclosures: [String] = []
    ) {
        self.hash = hash
        self.form = form
        self.title = title
        self.body = body
        self.text = text
        self.kept = kept
        self.length = length
        self.enclosures = enclosures
    }

    var kind: String {
        guard let body else { return "none" }
        return body.isMarkup ? "html" : "text"
    }
}

/// What an article shows now.
public struct ArticleHead: Hashable, Sendable {
    public var revision: Int
    public var shownContent: Int64
    public var shownSighting: Int64
}

/// The newest revision that holds a content.
public struct KnownRevision: Hashable, Sendable {
    public var number: Int
    public var contentID: Int64
}

/// A state of an article as thinning sees it.
public struct RevisionState: Hashable, Sendable {
    public var number: Int
    public var feed: FeedID
    public var seen: Timestamp
    /// In a run of states that its feed showed without rest, counted from 0.
    public var place: Int

    public init(number: Int, feed: FeedID, seen: Timestamp, place: Int) {
        self.number = number
        self.feed = feed
        self.seen = seen
        self.place = place
    }

    static let columns = "revision, feed_id, seen, run"

    init(row: Row) {
        self.init(
            number: row[0], feed: FeedID(rawValue: row[1]), seen: Timestamp(milliseconds: row[2]), place: row[3])
    }
}

extension ArchiveTransaction {
    // MARK: asking

    /// Contents with a hash, of the oldest articles, 64 at the most.
    public func contents(hash: [UInt8]) throws -> [KnownContent] {
        try rows(
            "SELECT \(KnownContent.columns) FROM content WHERE hash = ? ORDER BY article_id LIMIT 64", [Data(hash)],
            KnownContent.init(row:))
    }

    /// An article's contents with a hash, the newest first: several where a newer canonical form has found them equal.
    public func contents(of article: ArticleID, hash: [UInt8]) throws -> [KnownContent] {
        try rows(
            "SELECT \(KnownContent.columns) FROM content WHERE hash = ? AND article_id = ? ORDER BY id DESC",
            [Data(hash), article.rawValue], KnownContent.init(row:))
    }

    /// All contents of an article.
    public func contents(of article: ArticleID) throws -> [KnownContent] {
        try rows(
            "SELECT \(KnownContent.columns) FROM content WHERE article_id = ?", [article.rawValue],
            KnownContent.init(row:))
    }

    public func content(_ id: Int64) throws -> KnownContent? {
        try first("SELECT \(KnownContent.columns) FROM content WHERE id = ?", [id], KnownContent.init(row:))
    }

    /// As much of a stored content's canonical text as that many bytes hold, in whole characters.
    public func text(ofContent id: Int64, atMost bytes: Int) throws -> String {
        let text = try text(ofContent: id)
        let utf8 = text.utf8
        return utf8.count <= bytes
            ? text : String(text.unicodeScalars[..<utf8.index(utf8.startIndex, offsetBy: bytes)])
    }

    /// A stored content's canonical text.
    public func text(ofContent id: Int64) throws -> String {
        try first("SELECT \(KeptText.sql) FROM content c WHERE id = ?", [id]) { $0[0] as String? }.flatMap(\.self) ?? ""
    }

    public func head(of article: ArticleID) throws -> ArticleHead? {
        try first(
            "SELECT revision, shown_content, shown_sighting FROM article WHERE id = ?", [article.rawValue]
        ) { ArticleHead(revision: $0[0], shownContent: $0[1], shownSighting: $0[2]) }
    }

    /// An article's revisions, newest first.
    public func revisions(of article: ArticleID) throws -> [KnownRevision] {
        try rows(
            "SELECT revision, content_id FROM revision WHERE article_id = ? ORDER BY revision DESC", [article.rawValue]
        ) { KnownRevision(number: $0[0], contentID: $0[1]) }
    }

    /// An article's kept states, oldest first.
    public func states(of article: ArticleID) throws -> [RevisionState] {
        try rows(
            "SELECT \(RevisionState.columns) FROM revision WHERE article_id = ? ORDER BY revision", [article.rawValue],
            RevisionState.init(row:))
    }

    /// The newest of an article's states that a feed brought.
    public func newestState(of article: ArticleID, from feed: FeedID) throws -> RevisionState? {
        try first(
            """
            SELECT \(RevisionState.columns) FROM revision WHERE article_id = ? AND feed_id = ?
            ORDER BY revision DESC LIMIT 1
            """, [article.rawValue, feed.rawValue], RevisionState.init(row:))
    }

    // MARK: writing

    /// A new article with its first content, revision and sighting.
    ///
    /// - Parameters:
    ///   - record: the raw document that brought it, if it is kept.
    ///   - isLogged: the change log tells of it at once; otherwise the caller sees to that.
    public func insertArticle(
        _ content: ContentRecord, sighting: (_ contentID: Int64) -> SightingRecord, in feed: FeedID, rule: Int,
        modified: Timestamp?, record: Int64? = nil, isLogged: Bool = true, at now: Timestamp
    ) throws -> (article: ArticleID, sighting: Int64) {
        // The rows refer to each other: the article's references are filled in when both are known,
        // before the transaction ends.
        let article = ArticleID(
            rawValue: try insert(
                "INSERT INTO article (revision, shown_content, shown_sighting, first_seen) VALUES (1, 0, 0, ?)",
                [now.milliseconds]))
        let contentID = try insertContent(content, of: article)
        let sightingID = try insertSighting(
            sighting(contentID), of: article, in: feed, rule: rule, record: record, at: now)
        try setShown(content: contentID, sighting: sightingID, of: article)
        try insertRevision(
            1, of: article, content: contentID, feed: feed, modified: modified, record: record, at: now)
        if isLogged { try appendChange(.new, article: article, revision: 1, feed: feed, at: now) }
        return (article, sightingID)
    }

    public func insertContent(_ content: ContentRecord, of article: ArticleID) throws -> Int64 {
        let text = (content.kept ?? KeptText(content.text, body: content.body?.value)).column
        noteStored(content.title, content.body?.value, text)
        return try insert(
            """
            INSERT INTO content (article_id, hash, form, length, title, kind, body, text, enclosures)
            VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)
            """,
            [
                article.rawValue, Data(content.hash), content.form, content.length, content.title, content.kind,
                content.body?.value, text,
                content.length == 0 ? ArchiveTransaction.json(content.enclosures) : nil,
            ])
    }

    /// The same content in newer markup.
    public func updateMarkup(ofContent id: Int64, _ content: ContentRecord) throws {
        let kept = KeptText(try text(ofContent: id), body: content.body?.value)
        noteStored(content.title, content.body?.value, kept.column)
        try execute(
            "UPDATE content SET text = ?, title = ?, kind = ?, body = ? WHERE id = ?",
            [kept.column, content.title, content.kind, content.body?.value, id])
    }

    public func markSuperseded(content: Int64, _ superseded: Bool) throws {
        try execute("UPDATE content SET superseded = ? WHERE id = ?", [superseded, content])
    }

    /// - Parameter place: in a run of states that the feed showed without rest.
    public func insertRevision(
        _ number: Int, of article: ArticleID, content: Int64, feed: FeedID, modified: Timestamp?, place: Int = 0,
        record: Int64? = nil, at now: Timestamp
    ) throws {
        try execute(
            "INSERT INTO revision VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
            [article.rawValue, number, content, feed.rawValue, modified?.milliseconds, now.milliseconds, record, place])
    }

    /// Takes states out of an article's history, and their contents where nothing else refers to them. Neither the
    /// newest state may be among them, nor the first.
    public func removeRevisions(_ numbers: [Int], of article: ArticleID) throws {
        guard !numbers.isEmpty else { return }
        var contents: Set<Int64> = []
        for number in numbers {
            if let content = try first(
                "SELECT content_id FROM revision WHERE article_id = ? AND revision = ?", [article.rawValue, number],
                { $0[0] as Int64 })
            {
                contents.insert(content)
            }
            try execute("DELETE FROM revision WHERE article_id = ? AND revision = ?", [article.rawValue, number])
        }
        for content in contents.sorted() where try !isUsed(content, by: article) {
            try forgetIndexed(content: content, of: article)
            try execute("DELETE FROM content WHERE id = ?", [content])
        }
        try execute("UPDATE article SET thinned = thinned + ? WHERE id = ?", [numbers.count, article.rawValue])
        try count("revisions", -numbers.count)
    }

    private func isUsed(_ content: Int64, by article: ArticleID) throws -> Bool {
        try first(
            """
            SELECT 1 FROM revision WHERE article_id = ?1 AND content_id = ?2
            UNION ALL SELECT 1 FROM sighting WHERE article_id = ?1 AND content_id = ?2
            UNION ALL SELECT 1 FROM article WHERE id = ?1 AND shown_content = ?2 LIMIT 1
            """, [article.rawValue, content]
        ) { _ in true } ?? false
    }

    public func setRevision(_ number: Int, of article: ArticleID) throws {
        try execute("UPDATE article SET revision = ? WHERE id = ?", [number, article.rawValue])
    }

    public func show(content: Int64, sighting: Int64, of article: ArticleID) throws {
        try markForStory(article, content: content)
        try setShown(content: content, sighting: sighting, of: article)
    }

    private func setShown(content: Int64, sighting: Int64, of article: ArticleID) throws {
        try execute(
            "UPDATE article SET shown_content = ?, shown_sighting = ? WHERE id = ?",
            [content, sighting, article.rawValue])
    }

    public func appendChange(
        _ kind: ChangeKind, article: ArticleID, revision: Int, feed: FeedID, at now: Timestamp
    ) throws {
        try execute(
            "INSERT INTO change (at, kind, article_id, revision, feed_id) VALUES (?, ?, ?, ?, ?)",
            [now.milliseconds, kind.rawValue, article.rawValue, revision, feed.rawValue])
    }
}

/// What a line of the change log tells.
public enum ChangeKind: String, Hashable, Sendable, CaseIterable {
    case new
    case revised
    /// A further sighting, in another feed.
    case duplicate
    /// One line for many at once.
    case flood
    /// Removed by retention.
    case gone
}
