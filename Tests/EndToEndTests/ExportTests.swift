import Foundation
import Glibc
import TestSupport
import Testing

/// `export`: what was polled, written in each format and read again by `parse` and by other programs.
@Suite struct ExportTests {
    /// Entries as publishers write them: markup of every kind, ids that name nothing, no id, no title, no body.
    private static let atom = """
        <?xml version="1.0"?><feed xmlns="http://www.w3.org/2005/Atom" xml:lang="tg"><title>Atom &amp; more</title>
        <id>tag:site.example,2026:feed</id><updated>2026-11-22T09:30:00Z</updated>
        <entry><id>tag:site.example,2026:1</id><title>How to use &lt;b&gt; &amp;amp; ]]&gt;</title>
          <link href="http://site.example/1"/><link rel="via" href="http://via.example/"/>
          <link rel="enclosure" href="http://site.example/1.mp3" type="audio/mpeg" length="17"/>
          <updated>2026-11-22T09:30:00Z</updated><published>2026-11-21T08:00:00.250Z</published>
          <author><name>Ann &amp; Bob</name><email>ann@site.example</email><uri>http://site.example/ann</uri></author>
          <contributor><name>Carol</name></contributor>
          <category term="a&lt;b" scheme="http://c.example/" label="A"/><category term="news"/>
          <rights type="html">&lt;i&gt;mine&lt;/i&gt;</rights>
          <summary>In short</summary>
          <content type="xhtml"><div xmlns="http://www.w3.org/1999/xhtml"><p onclick="x()">First <b>bold</b> &amp; é 日本</p>
            <script>alert(1)</script><p><a href="/2">relative</a></p></div></content></entry>
        <entry><id>17</id><title type="html">&lt;em&gt;Marked&lt;/em&gt; up</title><updated>2026-11-20T00:00:00Z</updated>
          <content>Plain text with &lt;angle brackets&gt; &amp; quotes "'</content></entry>
        <entry><title/><link href="http://site.example/3"/><updated>2026-11-19T00:00:00Z</updated></entry>
        <entry><id>tag:site.example,2026:4</id><title>Elsewhere</title><updated>2026-11-18T00:00:00Z</updated>
          <content src="http://site.example/4.pdf" type="application/pdf"/><summary>A document</summary></entry>
        </feed>
        """
    private static let json = #"""
        {"version": "https://jsonfeed.org/version/1.1", "title": "JSON", "items": [
          {"id": "17", "url": "http://json.example/1", "title": "=1+1", "content_html": "<p>A, \"B\"</p>", "tags": ["t"],
           "content_text": "A, \"B\"", "date_published": "2026-11-22T09:30:00Z", "external_url": "http://out.example/"},
          {"id": "18", "content_text": "line one\nline two\r\nline three\u0000\u0007\uFFFF"}]}
        """#

    private func lab() async throws -> Lab {
        let lab = try Lab()
        lab.server.on("/atom.xml", .ok(Self.atom, ("Content-Type", "application/atom+xml")))
        lab.server.on("/feed.json", .ok(Self.json, ("Content-Type", "application/feed+json")))
        try lab.configure(targets: ["/atom.xml", "/feed.json"])
        try await lab.run("run", "--once")
        return lab
    }

    private func parsed(_ document: String) async throws -> JSON {
        let result = try await Program.run(["parse", "-"], stdin: document)
        #expect(result.status == 0, "\(result.stderr)")
        return try JSON(result.stdout)
    }

    // MARK: formats

    @Test func jsonLinesAreTheItemsOfArticlesTheOldestFirst() async throws {
        let lab = try await lab()
        let listed = try await lab.run("articles", "--json")
        let exported = try await lab.run("export", "--format", "jsonl")
        #expect(exported.status == 0 && exported.stderr.isEmpty)
        #expect(exported.lines == listed.lines.reversed())
        #expect(exported.lines.count == 6)
        #expect(try await lab.run("export").stdout == exported.stdout)
    }

    /// Titles, texts, dates and URLs come back, with nothing to complain of.
    @Test(arguments: ["atom", "jsonfeed"])
    func documentsAreReadAgain(format: String) async throws {
        let lab = try await lab()
        let exported = try await lab.run("export", "--format", format)
        #expect(exported.status == 0 && exported.stderr.isEmpty, "\(exported.stderr)")
        let feed = try await parsed(exported.stdout)
        #expect(feed["_ingestd"]["format"].string == (format == "atom" ? "atom-1.0" : "jsonfeed-1.1"))
        #expect(!feed["_ingestd"]["problems"].isThere)
        #expect(feed["title"].string == "Articles")
        let items = feed["items"].array
        let known = try await lab.json("articles").reversed()
        #expect(items.count == known.count)
        for (item, article) in zip(items, known) {
            #expect(item["title"].string == article["title"].string)
            #expect(item["url"].string == article["url"].string)
            #expect(item["external_url"].string == (format == "atom" ? "" : article["external_url"].string))
            #expect(item["date_published"].string == article["date_published"].string)
            #expect(item["summary"].string == article["summary"].string)
            #expect(item["language"].string == article["language"].string)
            #expect(item["tags"].array.map(\.string) == article["tags"].array.map(\.string))
            #expect(
                item["attachments"].array.map { $0["url"].string }
                    == article["attachments"].array.map { $0["url"].string })
            let authors = item["authors"].array.map { $0["name"].string }
            #expect(authors == article["authors"].array.map { $0["name"].string })
            if format == "jsonfeed" || article["date_modified"].isThere {
                #expect(item["date_modified"].string == article["date_modified"].string)
            }
            #expect(item["content_html"].isThere == article["content_html"].isThere)
            if !item["content_html"].isThere {
                let text = article["content_text"].string
                #expect(
                    item["content_text"].string
                        == (format == "atom" ? text.filter { $0 != "\u{7}" && $0 != "\u{FFFF}" } : text))
            }
            if format == "jsonfeed" { #expect(item["content_html"].string == article["content_html"].string) }
        }
        #expect(Set(items.map { $0["id"].string }).count == items.count)
        // What is a name everywhere stays; "17", which both feeds have, does not.
        #expect(items.count { $0["id"].string == "tag:site.example,2026:1" } == 1)
        #expect(!items.contains { $0["id"].string == "17" })
        let again = try await lab.run("export", "--format", format, "--limit", "3")
        #expect(
            try await parsed(again.stdout)["items"].array.map { $0["id"].string }
                == items.suffix(3).map { $0["id"].string })
    }

    /// As in documents that were made out of an example: one id, but not one article.
    @Test(arguments: ["atom", "jsonfeed"])
    func anIDOfSeveralArticlesNamesNone(format: String) async throws {
        let lab = try Lab()
        for name in ["a", "b"] {
            lab.server.on(
                "/\(name)",
                .ok(
                    """
                    {"version": "https://jsonfeed.org/version/1.1", "title": "\(name)", "items": [
                      {"id": "urn:uuid:1225c695-cfb8-4ebb-aaaa-80da344efa6a", "url": "http://\(name).example/1",
                       "content_text": "What \(name) has to say", "date_modified": "2026-11-22T09:30:00Z"},
                      {"id": "urn:uuid:1225c695-cfb8-4ebb-aaaa-80da344efa6b", "url": "http://same.example/1",
                       "content_text": "What both have to say, in the very same words and at the very same place"}]}
                    """))
        }
        try lab.configure(targets: ["/a", "/b"])
        try await lab.run("run", "--once")
        let feed = try await parsed(try await lab.run("export", "--format", format).stdout)
        #expect(!feed["_ingestd"]["problems"].isThere)
        let ids = feed["items"].array.map { $0["id"].string }
        #expect(ids.count == 3 && Set(ids).count == 3)
        #expect(!ids.contains("urn:uuid:1225c695-cfb8-4ebb-aaaa-80da344efa6a"))
        #expect(ids.contains("urn:uuid:1225c695-cfb8-4ebb-aaaa-80da344efa6b"))
    }

    /// RFC 4287: what must be there is there, and nothing that a browser would run.
    @Test func atomIsWhole() async throws {
        let lab = try await lab()
        let document = try await lab.run("export", "--format", "atom").stdout
        for word in ["onclick", "alert", "script"] { #expect(!document.contains(word)) }
        #expect(document.contains("href=&quot;") == false)
        let script = """
            import sys, xml.etree.ElementTree as E
            a = '{http://www.w3.org/2005/Atom}'
            feed = E.fromstring(sys.stdin.buffer.read())
            assert feed.tag == a + 'feed'
            for one in [feed] + feed.findall(a + 'entry'):
                for name in ['id', 'title', 'updated']: assert len(one.findall(a + name)) == 1, name
            assert feed.find(a + 'author/' + a + 'name').text
            for e in feed.findall(a + 'entry'):
                assert e.find(a + 'content') is not None or e.findall(a + "link[@rel='alternate']")
                assert e.findall(a + 'author') or e.findall(a + 'source/' + a + 'author')
                assert len(e.findall(a + "link[@rel='alternate']")) < 2
                c = e.find(a + 'content')
                if c is not None and c.get('src'): assert e.find(a + 'summary') is not None
            print(len(feed.findall(a + 'entry')), feed.find(a + "entry[" + a + "id='tag:site.example,2026:1']/" + a + 'content').text)
            """
        let read = try await Program.run(["-c", script], stdin: document, shell: "exec python3 \"$@\"")
        #expect(read.status == 0, "\(read.stderr)")
        #expect(read.stdout.hasPrefix("6 <p>First <b>bold</b> &amp; é 日本</p>"))
        #expect(read.stdout.contains("<a href=\"http://site.example/2\">") || read.stdout.contains("/2\">relative</a>"))
    }

    /// Another program's CSV reader finds what its SQLite finds in the view.
    @Test(arguments: [true, false])
    func csvHoldsTheView(isVerbatim: Bool) async throws {
        let lab = try await lab()
        let exported = try await lab.run("export", "--format", "csv", isVerbatim ? "--verbatim" : "--quiet")
        #expect(exported.status == 0 && exported.stderr.isEmpty, "\(exported.stderr)")
        let script = """
            import csv, io, sqlite3, sys, unicodedata
            text = sys.stdin.buffer.read().decode()
            assert text.endswith('\\r\\n')
            rows = list(csv.reader(io.StringIO(text, newline='')))
            view = sqlite3.connect(sys.argv[1]).execute('SELECT * FROM articles ORDER BY id')
            assert rows[0] == [c[0] for c in view.description], rows[0]
            shown = lambda v: ''.join(c for c in str(v) if c in '\\t\\r\\n' or unicodedata.category(c) != 'Cc')
            view = [['' if v is None else shown(v) for v in row] for row in view]
            assert len(view) == 6
            if sys.argv[2] == 'true': assert rows[1:] == view
            differing = [(a, b) for x, y in zip(rows[1:], view) for a, b in zip(x, y) if a != b]
            print(differing)
            """
        let read = try await Program.run(
            ["-c", script, lab.database, "\(isVerbatim)"], stdin: exported.stdout, shell: "exec python3 \"$@\"")
        #expect(read.status == 0, "\(read.stderr)")
        #expect(read.stdout == (isVerbatim ? "[]\n" : "[(\"'=1+1\", '=1+1')]\n"))
    }

    /// A document without articles is one all the same.
    @Test(
        arguments: [
            ("jsonl", 0), ("csv", 1), ("jsonfeed", nil), ("atom", nil),
        ] as [(String, Int?)])
    func nothing(format: String, lines: Int?) async throws {
        let lab = try await lab()
        let result = try await lab.run("export", "--format", format, "--until", "1h")
        #expect(result.status == 0 && result.stderr.isEmpty)
        if let lines { #expect(result.lines.count == lines) }
        if format == "jsonfeed" { #expect(try JSON(result.stdout)["items"].array.isEmpty) }
        if format == "atom" { #expect(result.stdout.hasSuffix("</feed>\n")) }
        #expect(try await lab.run("export", "--format", format, "--limit", "0").status == 0)
    }

    @Test func rawDocumentsAreNotKept() async throws {
        let lab = try await lab()
        let result = try await lab.run("export", "--format", "warc")
        #expect(result.status == 1 && result.stdout.isEmpty)
        #expect(result.stderr.contains("keep: {raw: changed}"))
    }

    // MARK: filters and files

    @Test func filters() async throws {
        let lab = try await lab()
        let all = try await lab.run("export").lines
        #expect(try await lab.run("export", "--limit", "2").lines == all.suffix(2))
        #expect(try await lab.run("export", "--limit", "99").lines == all)
        let feed = lab.server.url("/feed.json")
        let some = try await lab.run("export", "--feed", feed).lines
        #expect(some.count == 2)
        #expect(try await lab.run("export", "--feed", feed, "--limit", "1").lines == some.suffix(1))
        #expect(try await lab.run("export", "--since", "1h").lines == all)
        let atom = try await lab.run("export", "--feed", feed, "--format", "atom").stdout
        #expect(atom.contains("<title>Articles of JSON</title>"))
        let unknown = try await lab.run("export", "--tag", "nothing")
        #expect(unknown.status == 0 && unknown.stdout.isEmpty && unknown.stderr.contains("tag nothing"))
    }

    @Test func moreThanAPage() async throws {
        let lab = try Lab()
        lab.server.on("/feed.xml", .ok(Lab.rss((0..<250).map { ("\($0)", "Text of \($0)") })))
        try lab.configure(targets: ["/feed.xml"])
        try await lab.run("run", "--once")
        for limit in [99, 100, 101, 200, 250] {
            let numbers = try await lab.run("export", "--limit", "\(limit)").lines.map {
                try JSON($0)["_ingestd"]["article"].int
            }
            #expect(numbers == Array((251 - limit)...250))
        }
        let rows = try await lab.run("export", "--format", "csv").stdout.components(separatedBy: "\r\n")
        #expect(rows.count == 252)
    }

    /// The file is there when it is whole, and what stood there stays until then.
    @Test func aFileIsReplacedAsAWhole() async throws {
        let lab = try await lab()
        let path = lab.folder.path + "/out.jsonl"
        try "before".write(toFile: path, atomically: false, encoding: .utf8)
        chmod(path, 0o640)
        let failed = try await lab.run("export", "--output", path, "--archive", lab.folder.path + "/nowhere")
        #expect(failed.status == 74)
        #expect(try String(contentsOfFile: path, encoding: .utf8) == "before")
        let link = lab.folder.path + "/link"
        symlink(path, link)
        let result = try await lab.run("export", "--output", link)
        #expect(result.status == 0 && result.stdout.isEmpty && result.stderr.isEmpty)
        #expect(try await lab.run("export").stdout == String(contentsOfFile: path, encoding: .utf8))
        let attributes = try FileManager.default.attributesOfItem(atPath: path)
        #expect((attributes[.posixPermissions] as? NSNumber)?.intValue == 0o640)
        #expect(
            try FileManager.default.contentsOfDirectory(atPath: lab.folder.path).allSatisfy {
                !$0.hasSuffix(".partial")
            })
    }

    @Test(arguments: ["/dev/full", "/nowhere/at/all", "/tmp"])
    func whatCannotBeWritten(path: String) async throws {
        let lab = try await lab()
        let result = try await lab.run("export", "--output", path)
        #expect(result.status == 74)
        #expect(result.stderr.contains("\(path) cannot be written"))
    }

    /// A device is written to, not replaced.
    @Test func aDeviceStays() async throws {
        let lab = try await lab()
        #expect(try await lab.run("export", "--output", "/dev/null").status == 0)
        var status = stat()
        #expect(stat("/dev/null", &status) == 0 && status.st_mode & S_IFMT == S_IFCHR)
        let all = try await lab.run("export", "--output", "/dev/stdout", shell: "\"$0\" \"$@\" | cat")
        #expect(all.lines.count == 6)
    }

    @Test func aReaderThatGoesEndsItQuietly() async throws {
        let lab = try Lab()
        lab.server.on(
            "/feed.xml", .ok(Lab.rss((0..<300).map { ("\($0)", String(repeating: "Text of \($0) ", count: 100)) })))
        try lab.configure(targets: ["/feed.xml"])
        try await lab.run("run", "--once")
        let result = try await lab.run("export", shell: "\"$0\" \"$@\" | head -n 1")
        #expect(result.lines.count == 1 && result.stderr.isEmpty, "\(result.stderr)")
    }

    // MARK: subscriptions

    /// Out of the configuration, before anything was polled and after, and back.
    @Test func subscriptionsComeBack() async throws {
        let lab = try Lab()
        lab.server.on("/feed.xml", .ok(Lab.rss("a")))
        try lab.configure(targets: ["/feed.xml"])
        let yaml = try String(contentsOfFile: lab.configuration, encoding: .utf8)
        try lab.folder.write(
            yaml + """
                  - {url: "https://a.example/?x=1&y=2", title: "A: \\"quoted\\" # <x>", tags: [news, "b/c", d], enabled: false}
                  - {url: "file:///tmp/feed.xml"}

                """, to: "feeds.yaml")
        let before = try await lab.run("export", "--format", "opml")
        #expect(before.status == 0)
        #expect(before.stderr.contains("1 feeds in files"))
        try await lab.run("run", "--once")
        let after = try await lab.run("export", "--format", "opml", "--quiet")
        #expect(after.stderr.isEmpty)
        #expect(after.stdout.contains("text=\"Feed\""))
        #expect(
            try await lab.run("export", "--format", "opml", "--tag", "d").stdout.components(separatedBy: "xmlUrl").count
                == 2)
        let known = try await lab.run("import", try lab.folder.write(after.stdout, to: "out.opml"))
        #expect(known.stdout == "feeds: []\n")
        #expect(known.stderr.components(separatedBy: "is there already").count == 3)
        let elsewhere = try TemporaryFolder()
        let imported = try await Program.run(["import", "-"], stdin: after.stdout, in: elsewhere.path)
        #expect(imported.status == 0 && imported.stderr.isEmpty, "\(imported.stderr)")
        #expect(
            imported.stdout == """
                feeds:
                  - url: \(lab.server.url("/feed.xml"))
                    title: "Feed"
                  - url: https://a.example/?x=1&y=2
                    title: "A: \\"quoted\\" # <x>"
                    tags: ["news", "b/c", "d"]

                """)
        try elsewhere.write(imported.stdout, to: "feeds.yaml")
        let check = try await Program.run(["check"], in: elsewhere.path)
        #expect(check.status == 0, "\(check.stderr)")
    }

    @Test func whatIsNoOPMLIsRefused() async throws {
        let folder = try TemporaryFolder()
        let result = try await Program.run(["import", "-"], stdin: "<rss/>", in: folder.path)
        #expect(result.status == 65 && result.stdout.isEmpty)
        #expect(result.stderr.hasPrefix("stdin:1:"), "\(result.stderr)")
        let missing = try await Program.run(["import", "nowhere.opml"], in: folder.path)
        #expect(missing.status == 74 && missing.stderr.contains("nowhere.opml"))
    }
}
