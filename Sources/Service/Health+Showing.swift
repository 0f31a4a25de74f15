import Archive
public import FeedModel
import Ingest

/// `status` for people, pagers, programs and monitoring systems.
extension Health {
    /// Fits a pager: `ok: 1204 feeds, 1190 healthy, 14 failing, 88213 articles, 312 new in 24 h`.
    public var headline: String {
        guard let figures = findings.figures else {
            return "\(state.rawValue): \(problems.first?.message ?? "")"
        }
        let active = figures.feeds[.active] ?? 0
        var parts = ["\(figures.totalFeeds) feeds", "\(active) healthy"]
        for (state, word) in [
            (PollState.State.failing, "failing"), (.gone, "gone"), (.dead, "dead"), (.disabled, "disabled"),
        ] {
            let count = figures.feeds[state] ?? 0
            if state == .failing || count > 0 { parts.append("\(count) \(word)") }
        }
        parts.append("\(figures.articles) articles")
        parts.append("\(figures.newInDay) new in 24 h")
        let cause = problems.first { $0.severity == .critical } ?? problems.first { $0.severity == .warning }
        return "\(state.rawValue): " + (cause.map { "\($0.message.prefix { $0 != ";" }); " } ?? "")
            + parts.joined(separator: ", ")
    }

    /// The figures as a monitoring plug-in gives them: `label=value[UOM];warn;crit;min;max`.
    public var performanceData: String {
        guard let figures = findings.figures else { return "" }
        let pollable = HealthJudge.pollable(figures)
        func count(_ share: Int?) -> String { share.map { String(pollable * $0 / 100) } ?? "" }
        var parts = [
            "feeds=\(figures.totalFeeds);;;0",
            "failing=\(figures.feeds[.failing] ?? 0);\(count(settings.failing));\(count(settings.failingCritical));0;\(pollable)",
            "silent=\(figures.silent);\(count(settings.silent));;0;\(pollable)",
            "losing=\(figures.losingInDay);\(count(settings.losing));;0;\(pollable)",
            "overdue=\(figures.overdue);0;;0;\(pollable)",
            "articles=\(figures.articles)c;;;0", "new_24h=\(figures.newInDay);;;0",
            "polls_24h=\(figures.polls.total);;;0", "failed_polls_24h=\(figures.polls.failed);;;0",
            "received_24h=\(figures.polls.bytes)B;;;0", "archive=\(findings.bytes)B;;;0",
        ]
        if let free = findings.freeBytes {
            parts.append("free=\(free)B;\(settings.diskFree):;\(settings.diskFreeCritical):;0")
        }
        return parts.joined(separator: " ")
    }

    public func write(to json: inout JSONWriter) {
        json.object { json in
            json.member("state", state.rawValue)
            json.object("daemon") { json in
                json.member("running", findings.daemon != nil)
                json.member("pid", findings.daemon?.pid)
                json.member("version", findings.daemon?.version)
                json.member("started", findings.daemon.map { Timestamp(seconds: $0.started.seconds) })
                json.member("responsive", findings.daemon?.isResponsive ?? false)
                if let trouble = findings.daemon?.trouble {
                    json.object("waits_for_archive") { json in
                        json.member("kind", trouble.obstacle.kind.rawValue)
                        json.member("reason", trouble.obstacle.reason)
                        json.member("since", Timestamp(seconds: trouble.since.seconds))
                    }
                }
                if let failure = findings.daemon?.reloadFailure {
                    json.object("reload_failure") { json in
                        json.member("at", Timestamp(seconds: failure.at.seconds))
                        json.member("message", failure.message)
                    }
                }
                if let change = findings.daemon?.clockChange {
                    json.object("clock_change") { json in
                        json.member("at", Timestamp(seconds: change.at.seconds))
                        json.member("seconds", Int(change.change.milliseconds / 1000))
                    }
                }
            }
            if let figures = findings.figures { write(figures, to: &json) }
            json.object("archive") { json in
                json.member("path", findings.archivePath)
                guard let figures = findings.figures else { return }
                json.member("bytes", findings.bytes)
                json.member("log_bytes", findings.logBytes)
                json.member("last_write", figures.lastWrite.map { Timestamp(seconds: $0.seconds) })
                json.member("seq", Int(figures.seq))
                json.member("writable", !findings.isReadOnly)
                json.member("free_bytes", findings.freeBytes)
            }
            json.array("problems") { json in
                for problem in problems {
                    json.object { json in
                        json.member("severity", problem.severity.rawValue)
                        json.member("feed", problem.feed)
                        json.member("code", problem.code.rawValue)
                        json.member("message", problem.message)
                        json.member("advice", problem.advice)
                        json.member("since", problem.since.map { Timestamp(seconds: $0.seconds) })
                    }
                }
            }
        }
    }

    private func write(_ figures: StatusFigures, to json: inout JSONWriter) {
        json.object("feeds") { json in
            json.member("total", figures.totalFeeds)
            json.member("active", figures.feeds[.active] ?? 0)
            json.member("failing", figures.feeds[.failing] ?? 0)
            json.member("gone", figures.feeds[.gone] ?? 0)
            json.member("dead", figures.feeds[.dead] ?? 0)
            json.member("disabled", figures.feeds[.disabled] ?? 0)
            json.member("overdue", figures.overdue)
            json.member("silent", figures.silent)
            json.member("losing", figures.losingInDay)
            json.member("paused", figures.paused)
            json.member("churny", figures.churnyFeeds)
            json.member("in_flight", findings.daemon?.inFlight ?? 0)
        }
        json.object("articles") { json in
            json.member("total", figures.articles)
            json.member("new_24h", figures.newInDay)
            json.member("revisions", figures.revisions)
            json.member("duplicates", figures.duplicates)
        }
        json.object("polls_24h") { json in
            json.member("total", figures.polls.total)
            json.member("changed", figures.polls.changed)
            json.member("not_modified", figures.polls.notModified)
            json.member("failed", figures.polls.failed)
            json.member("bytes", figures.polls.bytes)
        }
    }
}
