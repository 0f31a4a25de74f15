import Foundation
import TestSupport
import Testing

/// The promised views, read by another program's SQLite while the daemon writes.
@Suite struct ViewsTests {
    /// Opens the archive anew and again, as scripts do, and asks every view inside one transaction: what the views say
    /// together must be true together.
    private static let reader = """
        import sqlite3, sys, time
        path, wanted, end = sys.argv[1], int(sys.argv[2]), time.time() + 240
        VIEWS = {
            'articles': 'id url title author summary content_html content_text language published modified first_seen '
                'last_seen content_hash revision revisions sightings feed_url feed_title',
            'revisions': 'article_id revision content_hash title content_html content_text modified seen',
            'sightings': 'article_id feed_url guid url published first_seen last_seen',
            'attachments': 'article_id url mime_type title size_in_bytes duration_in_seconds',
            'changes': 'seq at kind article_id revision feed_url',
            'feeds': 'url configured_url title state tags articles last_poll last_success last_change last_status '
                'next_poll interval_seconds interval_reason failures last_error_code last_error_message etag '
                'last_modified hub',
            'stories': 'story article_id',
            'story_links': 'story article_id other_article_id jaccard containment',
            'flood_articles': 'seq at reason article_id revision kind feed_url',
        }
        rounds = states = 0
        seen = -1
        while seen < wanted:
            if time.time() > end:
                sys.exit('the archive did not grow: %d' % seen)
            db = sqlite3.connect('file:%s?mode=ro' % path, uri=True, timeout=0)
            db.row_factory = sqlite3.Row
            # As careful readers do who did not make the file.
            db.execute('PRAGMA trusted_schema = OFF')
            db.execute('BEGIN')
            rows = {view: db.execute('SELECT * FROM ' + view).fetchall() for view in VIEWS}
            for view, names in VIEWS.items():
                columns = [row[0] for row in db.execute('SELECT * FROM %s LIMIT 0' % view).description]
                assert columns[:len(names.split())] == names.split(), (view, columns)
            articles, revisions, changes = rows['articles'], rows['revisions'], rows['changes']
            assert [row['seq'] for row in changes] == list(range(1, len(changes) + 1)), 'a gap in the change log'
            new = {row['article_id'] for row in changes if row['kind'] == 'new'}
            assert new == {row['id'] for row in articles}, 'articles without a line, or lines without an article'
            newest = {}
            for row in revisions:
                newest[row['article_id']] = max(newest.get(row['article_id'], 0), row['revision'])
            for row in articles:
                assert newest[row['id']] == row['revision'], dict(row)
                assert row['content_hash'].startswith('sha256:') and row['content_text'], dict(row)
            told = [(row['article_id'], row['revision']) for row in changes if row['kind'] in ('new', 'revised')]
            assert sorted(told) == sorted((row['article_id'], row['revision']) for row in revisions)
            assert {row['article_id'] for row in rows['sightings']} == new
            found = db.execute("SELECT count(*) FROM articles JOIN articles_fts('text') ON articles.id = articles_fts.rowid")
            assert found.fetchone()[0] <= len(articles)
            for snippet, in db.execute("SELECT snippet(articles_fts, 1, '[', ']', '', 9) FROM articles_fts('text')"):
                assert '[text]' in snippet.lower(), snippet
            db.close()
            rounds += 1
            states += len(changes) != seen
            seen = len(changes)
        try:
            import pandas
            frame = pandas.read_sql('SELECT * FROM articles', sqlite3.connect('file:%s?mode=ro' % path, uri=True))
            assert len(frame) >= len(articles)
        except ImportError:
            pass
        print(rounds, states)
        """

    @Test func pythonReadsThemWhileTheDaemonWrites() async throws {
        let lab = try Lab()
        let paths = (0..<12).map { "/feed\($0).xml" }
        for (feed, path) in paths.enumerated() {
            // Each poll brings an entry and edits another, and the first feed's are in the second as well.
            lab.server.on(path) { request in
                let poll = request.previous
                let owner = feed == 1 ? 0 : feed
                let entries = (0...poll).suffix(20).map { entry in
                    (guid: "\(owner)-\(entry)", text: "Text \(entry) of \(owner)\(entry == poll - 1 ? ", edited" : "")")
                }
                return .ok(Lab.rss(Array(entries), title: "Feed \(feed)"))
            }
        }
        try lab.configure(
            [], fetch: ["per_host: 8"], schedule: ["min_interval: 1s"])
        let feeds = paths.map { "  - { url: \"\(lab.server.url($0))\", interval: 1s }" }
        var text = try String(contentsOfFile: lab.configuration, encoding: .utf8)
        text = text.replacingOccurrences(of: "feeds: []", with: "feeds:\n" + feeds.joined(separator: "\n"))
        try lab.folder.write(text, to: "feeds.yaml")
        let daemon = try await lab.daemon()
        let result = try await Program.run(
            ["-c", Self.reader, lab.database, "150"], shell: "exec python3 \"$@\"", within: .seconds(300))
        #expect(result.status == 0, "\(result.stderr)")
        let figures = result.stdout.split(whereSeparator: \.isWhitespace).compactMap { Int($0) }
        // The archive grew between its looks at it.
        #expect(figures.count == 2 && figures[1] > 3, "\(result.stdout)")
        daemon.signal(SIGTERM)
        #expect(try await daemon.end().status == 0)
        let verification = try await lab.run("verify")
        #expect(verification.status == 0, "\(verification.stdout)")
    }
}
