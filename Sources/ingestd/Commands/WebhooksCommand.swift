import Archive
import ArgumentParser
import FeedModel

struct WebhooksCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "webhooks", abstract: "Lists the webhooks: how far the change log has been delivered to each.",
        discussion: """
            Each is named by its host and the beginning of a number that follows from its URL, since the URL itself may \
            be a secret. The lag is how many lines of the change log stand behind its position, whether or not it wants \
            them. The daemon delivers them: POST requests with {"changes": […]}, the objects that 'tail' prints.

            A receiver computes HMAC-SHA256 by the secret over the value of X-Ingestd-Timestamp (seconds since 1970), a \
            full stop and the body as it came; X-Ingestd-Signature is 'sha256=' and that in hexadecimal digits. It \
            refuses what is signed wrongly or was sent more than five minutes ago, and answers 2xx when the lines are \
            safe. Lines come in order and at least once: the same _ingestd.seq again is the same line. After an answer \
            410 nothing more is sent until the webhook's entry in the configuration changes.
            """)

    @OptionGroup var global: GlobalOptions

    func run() throws {
        try reportingCursorErrors {
            let archive = try global.openForReading()
            let newest = try archive.newestChange()
            for webhook in try archive.webhooks() {
                if global.json {
                    var json = JSONWriter()
                    write(webhook, lag: newest - webhook.position, to: &json)
                    json.newline()
                    Terminal.output.write(json.bytes)
                } else {
                    show(webhook, lag: newest - webhook.position)
                }
            }
        }
    }

    private func state(of webhook: Webhook) -> String {
        webhook.isStopped ? "stopped" : webhook.lastError == nil ? "active" : "failing"
    }

    private func show(_ webhook: Webhook, lag: Int64) {
        let state = state(of: webhook)
        var line =
            "\(webhook.lastError == nil ? Terminal.green(state) : Terminal.red(state))  \(webhook.host) "
            + Terminal.dim(String(webhook.id.prefix(8))) + "  at \(webhook.position), "
            + (lag == 0 ? "up to date" : "\(lag) behind") + "  \(webhook.delivered) delivered"
        if let last = webhook.lastDelivery { line += ", last \(last.rfc3339Seconds)" }
        if let error = webhook.lastError {
            line += "  \(error.code): \(Terminal.clean(error.message))"
            if let since = webhook.failingSince { line += " (since \(since.rfc3339Seconds))" }
        }
        if let next = webhook.nextAttempt { line += "  next \(next.rfc3339Seconds)" }
        Terminal.output.line(line)
    }

    private func write(_ webhook: Webhook, lag: Int64, to json: inout JSONWriter) {
        func seconds(_ instant: Timestamp?) -> Timestamp? { instant.map { Timestamp(seconds: $0.seconds) } }
        json.object { json in
            json.member("host", webhook.host)
            json.member("id", String(webhook.id.prefix(8)))
            json.member("state", state(of: webhook))
            json.member("position", Int(webhook.position))
            json.member("lag", Int(lag))
            json.member("delivered", webhook.delivered)
            json.member("last_delivery", seconds(webhook.lastDelivery))
            json.member("next_attempt", seconds(webhook.nextAttempt))
            json.member("failures", webhook.failures)
            json.member("failing_since", seconds(webhook.failingSince))
            if let error = webhook.lastError {
                json.object("last_error") { json in
                    json.member("code", error.code)
                    json.member("message", error.message)
                }
            }
        }
    }
}
