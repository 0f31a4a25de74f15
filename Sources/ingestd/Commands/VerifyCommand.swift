import Archive
import ArgumentParser
import FeedModel
import Ingest

struct VerifyCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "verify",
        abstract: "Checks the whole archive: hashes, references, change log, sums, index, database, WARC files.",
        discussion: """
            Every content's hash is made again from its title and text, every row that another names is looked for, the \
            change log is held against the revisions, the sums against counts, the full-text index against what the \
            articles show, and SQLite checks its file. Every record of the WARC files is read and its digests are made \
            again; each document that was kept must be there. Nothing is written. The daemon may go on polling: what it commits \
            meanwhile is not looked at, and the write-ahead log grows until the end.

            Exits 0 if all is well, or 1 with a list: what is wrong, where, and what can be done.
            """)

    @OptionGroup var global: GlobalOptions

    func run() throws {
        let folder = try global.archiveFolderForReading()
        let started = SystemTime().now
        let report: VerificationReport
        do {
            report = try global.verify(Archive.openForReading(folder: folder))
        } catch ArchiveError.damaged(let path, let reason) {
            report = VerificationReport(damaged: path, reason: reason)
        } catch let error as ArchiveError {
            throw CommandFailure(error)
        }
        let duration = SystemTime().now - started
        if global.json {
            Terminal.output.write(report.json(duration: duration))
        } else {
            for line in report.lines(duration: duration) { Terminal.output.line(line) }
        }
        if report.found > 0 { throw CommandFailure(.failed, nil) }
    }
}

extension GlobalOptions {
    /// Verifies an archive, with a progress bar on a terminal.
    func verify(_ archive: Archive) throws -> VerificationReport {
        let bar = ProgressBar(isShown: Terminal.isErrorTerminal && !quiet && !json, unit: "rows")
        defer { bar.clear() }
        return try archive.verify(.current) { done, total in
            bar.total = max(total, done)
            bar.show(done: done)
        }
    }
}

extension VerificationReport {
    func json(duration: Duration) -> [UInt8] {
        var json = JSONWriter()
        json.object { json in
            json.key("ok")
            json.bool(found == 0)
            members(&json)
            json.member("seconds", Double(duration.milliseconds) / 1000)
        }
        json.newline()
        return json.bytes
    }

    func members(_ json: inout JSONWriter) {
        json.object("checked") { json in
            json.member("articles", articles)
            json.member("contents", contents)
            json.member("revisions", revisions)
            json.member("sightings", sightings)
            json.member("attachments", attachments)
            json.member("changes", changes)
            json.member("feeds", feeds)
            if rawFiles > 0 {
                json.member("raw_documents", rawDocuments)
                json.member("raw_files", rawFiles)
            }
        }
        json.member("hashes_not_recomputed", hashesNotRecomputed)
        json.member("search_backlog", searchBacklog)
        json.member("found", found)
        json.array("findings") { json in
            for finding in findings {
                json.object { json in
                    json.member("code", finding.code.rawValue)
                    json.member("message", finding.message)
                    json.member("article", finding.article.map { Int($0.rawValue) })
                    json.member("feed", finding.feedURL)
                    json.member("remedy", finding.remedy)
                }
            }
        }
    }

    /// The findings, then the sums.
    func lines(duration: Duration) -> [String] {
        var lines: [String] = []
        for code in VerificationFinding.Code.allCases {
            let listed = findings.filter { $0.code == code }
            // Findings of a kind mostly call for the same.
            var remedy: String?
            for finding in listed {
                if let remedy, remedy != finding.remedy { lines.append("  \(remedy)") }
                remedy = finding.remedy
                var place = finding.article.map { "article \($0.rawValue): " } ?? ""
                if let feed = finding.feedURL { place += "\(feed): " }
                lines.append("\(Terminal.red(code.rawValue)) \(Terminal.clean(place + finding.message))")
            }
            let count = counts[code] ?? 0
            if count > listed.count { lines.append("\(code.rawValue) … and \(count - listed.count) more") }
            if let remedy { lines.append("  \(remedy)") }
        }
        let seconds = String(Double(duration.milliseconds / 100) / 10)
        lines.append(
            "\(found == 0 ? "ok" : "\(found) found"): \(articles) articles, \(contents) contents, \(revisions) revisions, "
                + "\(sightings) sightings, \(attachments) attachments, \(changes) changes, \(feeds) feeds"
                + (rawFiles > 0
                    ? ", \(rawDocuments) raw documents in \(rawFiles) \(rawFiles == 1 ? "file" : "files")" : "")
                + " in \(seconds) s")
        if hashesNotRecomputed > 0 {
            lines.append(
                "\(hashesNotRecomputed) hashes are of an earlier program's making and were not checked; 'ingestd rehash' or "
                    + "the next poll makes them anew, where it is known what they were made of")
        }
        if rawTail > 0 {
            lines.append(
                "the newest WARC file ends with \(rawTail) bytes that are no record yet: a daemon is writing them, or was "
                    + "killed and takes them away at its next start")
        }
        if searchBacklog > 0 { lines.append("\(searchBacklog) articles are not in the full-text index yet") }
        return lines
    }
}
