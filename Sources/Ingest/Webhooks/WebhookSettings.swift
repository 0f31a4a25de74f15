public import Archive
import FeedModel

/// One of `webhooks:`, who is sent what the change log says.
public struct WebhookSettings: Sendable, Hashable {
    /// Where a webhook begins that was never there before.
    public enum Start: String, Sendable, Hashable, CaseIterable {
        /// With what comes next.
        case end
        /// With the first line of the log.
        case beginning
    }

    /// As it goes out. May itself be a secret: for no log and no message.
    public var url: String
    /// The file that holds the key of the signatures; `SecretFile` reads it at each delivery.
    public var secretFile: String
    /// Empty: all.
    public var kinds: [ChangeKind] = []
    /// Of the feed that a line is about; empty: all feeds.
    public var tags: [String] = []
    /// Lines in one request, at most.
    public var batch = 100
    /// Between two requests, at least, unless more waits than one request may hold.
    public var interval = Duration.seconds(5)
    public var allowPrivateAddresses = false
    public var start = Start.end

    public init(url: String, secretFile: String) {
        self.url = url
        self.secretFile = secretFile
    }

    /// By which the archive knows it.
    public var id: String { PollAttempt.hash(Array(url.utf8)).hexadecimal }

    /// For messages.
    var host: String { WebURL(url)?.canonicalHost ?? "" }

    var configured: ConfiguredWebhook {
        ConfiguredWebhook(
            id: id, host: host, settings: PollAttempt.hash(Array("\(self)".utf8)).hexadecimal,
            fromBeginning: start == .beginning)
    }

    var filter: ChangeFilter { ChangeFilter(kinds: kinds, tags: tags) }
}
