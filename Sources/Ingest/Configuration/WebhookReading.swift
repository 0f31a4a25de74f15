import Archive
import FeedModel

/// `webhooks:`, who is sent what the change log says.
extension ConfigurationReading {
    static let webhookKeys = ConfigurationMapping.webhooks.names

    mutating func readWebhooks(_ fields: Fields) {
        let file = fields.file
        var places: [String: YAMLNode.Mark] = [:]
        for node in elements("webhooks", of: fields, "'- {url: https://example.org/hook, secret_file: secrets/hook}'") {
            guard case .mapping = node.content else {
                mistake(
                    "a webhook is \(node.kind); write a mapping with 'url' and 'secret_file'", in: file, at: node.mark)
                continue
            }
            guard let webhook = webhook(node, in: file) else { continue }
            if let first = places[webhook.url] {
                mistake(
                    "this webhook has the URL of the one in line \(first.line), column \(first.column); "
                        + "keep one, with the kinds and tags of both",
                    in: file, at: node.mark)
                continue
            }
            places[webhook.url] = node.mark
            configuration.webhooks.append(webhook)
        }
    }

    private mutating func webhook(_ node: YAMLNode, in file: File) -> WebhookSettings? {
        let fields = fields(of: node, "a webhook", known: Self.webhookKeys, in: file) { key in
            key == "secret" ? "write the secret to a file, and its name here as 'secret_file'" : nil
        }
        let url = value("url", of: fields) { node throws(Wrong) in try node.webhookURL() }
        let secret = secretFile("secret_file", of: fields)
        for (key, right) in [
            ("url", "url: https://example.org/hook"),
            ("secret_file", "secret_file: secrets/hook', a file with the key of the signatures"),
        ] where fields[key] == nil && fields.isWhole {
            let end = right.contains("'") ? "" : "'"
            mistake("a webhook without '\(key)'; write '\(right)\(end)", in: file, at: node.mark)
        }
        var webhook = WebhookSettings(url: url ?? "", secretFile: secret ?? "")
        set(&webhook.kinds, "kinds", of: fields) { node throws(Wrong) in try node.kinds() }
        set(&webhook.tags, "tags", of: fields) { node throws(Wrong) in try node.tags() }
        set(&webhook.batch, "batch", of: fields) { node throws(Wrong) in try node.integer(1...10_000) }
        set(&webhook.interval, "interval", of: fields) { node throws(Wrong) in
            try node.duration(zeroIs: .sensible)
        }
        set(&webhook.allowPrivateAddresses, "allow_private_addresses", of: fields) { node throws(Wrong) in
            try node.bool()
        }
        set(&webhook.start, "from", of: fields) { node throws(Wrong) in try node.oneOf(WebhookSettings.Start.self) }
        return url == nil || secret == nil ? nil : webhook
    }
}

extension YAMLNode {
    /// A URL that requests are sent to. What stands behind its host may be a secret, and is in no message.
    fileprivate func webhookURL() throws(Wrong) -> String {
        let right = "an https URL, such as https://example.org/hook"
        let text = try text(right).trimmed
        guard let url = WebURL(text), url.isHTTP, let host = url.host, HostName.problem(ofURLHost: host) == nil,
            url.port != 0, url.fragment == nil, text.utf8.count <= 8000
        else { throw Wrong("is no URL that could be asked; write \(right)") }
        guard url.userInfo == nil else {
            throw Wrong("has a user or a password in it; write it without them: deliveries are signed")
        }
        if url.scheme == "http", !HostName.isOfThisNetwork(host) {
            throw Wrong("begins with http://, where anybody on the way to \(host.quoted) reads along; write https://")
        }
        return url.wireForm
    }

    fileprivate func kinds() throws(Wrong) -> [ChangeKind] {
        let names = ChangeKind.allCases.map(\.rawValue).joined(separator: ", ")
        if isNull { return [] }
        guard case .sequence(let elements) = content else { throw Wrong("is \(described); write a list of \(names)") }
        var kinds: [ChangeKind] = []
        for element in elements {
            guard case .scalar(let name, _) = element.content, let kind = ChangeKind(rawValue: name) else {
                throw Wrong("holds \(element.described); the kinds are \(names)", at: element.mark)
            }
            if !kinds.contains(kind) { kinds.append(kind) }
        }
        return kinds
    }
}
