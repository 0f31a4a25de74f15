import FeedModel

/// `feeds:` and `defaults:`.
extension ConfigurationReading {
    static let feedKeys = ConfigurationMapping.feeds.names
    private static let defaultKeys = feedKeys.filter { $0 != "url" }
    private static let authKeys = ConfigurationMapping.auth.names

    /// What main and included files have in common.
    ///
    /// - Parameters:
    ///   - defaults: of the including file; a key under the file's own `defaults` replaces them.
    ///   - files: this file and those that include it, the outermost first.
    mutating func readFeeds(_ fields: Fields, defaults: FeedConfiguration, within files: [File]) {
        var defaults = defaults
        if let section = fields["defaults"] {
            let own = self.fields(of: section.value, "'defaults'", known: Self.defaultKeys, in: fields.file) {
                $0 == "url" ? "a URL is of one feed; write it under 'feeds'" : nil
            }
            apply(own, to: &defaults)
            (defaults.defaultKeep, defaults.keep) = (defaults.keep.or(defaults.defaultKeep), Retention())
        }
        for node in elements("feeds", of: fields, "'- https://example.org/feed.xml' in each line") {
            readFeed(node, defaults: defaults, in: fields.file)
        }
        for node in elements("include", of: fields, "[more.yaml, subscriptions.opml]") {
            include(node, defaults: defaults, within: files)
        }
    }

    private mutating func readFeed(_ node: YAMLNode, defaults: FeedConfiguration, in file: File) {
        switch node.content {
        case .scalar(let url, _):
            if node.isNull {
                return mistake("a feed is empty; write its URL, or remove the '-'", in: file, at: node.mark)
            }
            add(
                defaults, url: url, called: "the feed", mayBeFile: true, in: file, at: node.mark, else: node.mark)
        case .sequence:
            mistake("a feed is a list; write a URL or a mapping with 'url'", in: file, at: node.mark)
        case .mapping:
            let fields = fields(of: node, "a feed", known: Self.feedKeys, in: file)
            var feed = defaults
            apply(fields, to: &feed)
            guard let field = fields["url"] else {
                return mistake(
                    "a feed without 'url'; write 'url: https://example.org/feed.xml'", in: file, at: node.mark)
            }
            guard let url = value("url", of: fields, { node throws(Wrong) in try node.text("a URL") }) else { return }
            if WebURL(url)?.scheme == "file" {
                for key in ["headers", "auth"] {
                    guard let field = fields[key], !field.value.isNull else { continue }
                    mistake(
                        "'\(key)' has no meaning for a file, which no server is asked for; remove it", in: file,
                        at: field.keyMark)
                }
            }
            add(
                feed, url: url, called: "'url'", mayBeFile: true, in: file, at: field.value.mark, else: node.mark)
        }
    }

    /// Adds a feed to the configuration, unless its URL is bad or there already.
    ///
    /// - Parameters:
    ///   - name: what the URL is, for messages.
    ///   - mayBeFile: see `FeedURL.parse`.
    ///   - otherMark: the feed's own place, should the URL come from an alias that several feeds share.
    mutating func add(
        _ feed: FeedConfiguration, url written: String, called name: String, mayBeFile: Bool = false, in file: File,
        at mark: YAMLNode.Mark, else otherMark: YAMLNode.Mark
    ) {
        do {
            let (url, canonical) = try FeedURL.parse(written, mayBeFile: mayBeFile)
            var place = file.place(mark)
            if let first = firstPlaces[canonical] {
                if first == place { place = file.place(otherMark) }
                return mistake(
                    "\(url.quoted) is the same feed as at \(first); remove one of them",
                    in: file, at: .init(line: place.line, column: place.column))
            }
            firstPlaces[canonical] = place
            var feed = feed
            feed.url = url
            // What `defaults` hold for servers.
            if canonical.hasPrefix("file:") { (feed.headers, feed.auth) = ([], nil) }
            feed.place = place
            configuration.feeds.append(feed)
        } catch {
            mistake("\(name) \(error.message)", in: file, at: mark)
        }
    }

    /// Sets what the keys of a feed or of `defaults` say; each replaces what was there.
    private mutating func apply(_ fields: Fields, to feed: inout FeedConfiguration) {
        if fields["title"] != nil {
            feed.title = optional("title", of: fields) { node throws(Wrong) in try node.text("a name for the feed") }
        }
        if let tags = value("tags", of: fields, { node throws(Wrong) in try node.tags() }) { feed.tags = tags }
        if let interval = value("interval", of: fields, { node throws(Wrong) in try node.interval() }) {
            feed.interval = interval
            checkInterval(interval, of: fields)
        }
        if let field = fields["headers"] { feed.headers = headers(field.value, in: fields.file) }
        if let field = fields["auth"] { feed.auth = authentication(field.value, in: fields.file) }
        if let allows = value("allow_private_addresses", of: fields, { node throws(Wrong) in try Self.allows(node) }) {
            feed.allowPrivateAddresses = allows
        }
        if let enabled = value("enabled", of: fields, { node throws(Wrong) in try node.bool() }) {
            feed.enabled = enabled
        }
        if let backfill = value("backfill", of: fields, { node throws(Wrong) in try node.bool() }) {
            feed.backfill = backfill
        }
        if let field = fields["keep"] { feed.keep = retention(field.value, of: "'keep' of a feed", in: fields.file) }
        if let silence = value("silence", of: fields, { node throws(Wrong) in try node.silence() }) {
            feed.silence = silence
        }
    }

    private mutating func checkInterval(_ interval: FeedConfiguration.Interval, of fields: Fields) {
        guard case .every(let interval) = interval, let shortest = shortestInterval, interval < shortest,
            let mark = fields["interval"]?.value.mark
        else { return }
        let least = DurationText.format(shortest)
        mistake(
            "'interval' is \(DurationText.format(interval)), below 'min_interval' (\(least)); make it \(least) or more",
            in: fields.file, at: mark)
    }

    private static func allows(_ node: YAMLNode) throws(Wrong) -> Bool {
        if case .sequence = node.content {
            throw Wrong("is a list; write true or false here, for a list stands under 'fetch' and opens to all feeds")
        }
        return try node.bool()
    }

    /// Neither names that hold no name nor values are shown: both may hold a secret.
    private mutating func headers(_ node: YAMLNode, in file: File) -> [FeedConfiguration.Header] {
        if node.isNull { return [] }
        guard case .mapping(let pairs) = node.content else {
            mistake(
                "'headers' is \(node.kind); write a mapping, such as {Accept-Language: tg}", in: file, at: node.mark)
            return []
        }
        guard pairs.count <= HeaderField.most else {
            mistake("'headers' holds \(pairs.count); write at most \(HeaderField.most)", in: file, at: node.mark)
            return []
        }
        var headers: [FeedConfiguration.Header] = []
        for pair in pairs {
            guard case .scalar(let name, _) = pair.key.content else {
                mistake("the name of a header is \(pair.key.kind); write a word", in: file, at: pair.key.mark)
                continue
            }
            if let problem = HeaderField.problem(name: name) {
                mistake(problem, in: file, at: pair.key.mark)
            } else if headers.contains(where: { $0.name.lowercased() == name.lowercased() }) {
                mistake("header '\(name)' stands twice; keep one", in: file, at: pair.key.mark)
            } else if case .scalar(let value, _) = pair.value.content, !pair.value.isNull {
                if let problem = HeaderField.problem(value: value) {
                    mistake("header '\(name)' \(problem)", in: file, at: pair.value.mark)
                }
                headers.append(.init(name: name, value: value))
            } else {
                mistake("header '\(name)' is \(pair.value.kind); write a text", in: file, at: pair.value.mark)
            }
        }
        return headers
    }

    private mutating func authentication(_ node: YAMLNode, in file: File) -> FeedConfiguration.Authentication? {
        if node.isNull { return nil }
        let fields = fields(of: node, "'auth'", known: Self.authKeys, in: file) { key in
            switch key {
            case "password": "write the password to a file, and its name here as 'password_file'"
            case "token", "bearer": "write the token to a file, and its name here as 'bearer_file'"
            default: nil
            }
        }
        let right = "write 'username' and 'password_file', or 'bearer_file' alone"
        switch (fields["username"], fields["password_file"], fields["bearer_file"]) {
        case (_?, _?, nil):
            guard let username = value("username", of: fields, { node throws(Wrong) in try Self.username(node) }),
                let file = secretFile("password_file", of: fields)
            else { return nil }
            return .basic(username: username, passwordFile: file)
        case (nil, nil, _?):
            return secretFile("bearer_file", of: fields).map { .bearer(file: $0) }
        case (_, _, _?):
            mistake("'auth' holds both a user and 'bearer_file'; \(right)", in: file, at: node.mark)
        case (_?, nil, nil) where fields.isWhole:
            mistake("'auth' holds 'username' without 'password_file'; \(right)", in: file, at: node.mark)
        case (nil, _?, nil) where fields.isWhole:
            mistake("'auth' holds 'password_file' without 'username'; \(right)", in: file, at: node.mark)
        case (nil, nil, nil) where fields.isWhole:
            mistake("'auth' holds neither 'password_file' nor 'bearer_file'; \(right)", in: file, at: node.mark)
        default: break
        }
        return nil
    }

    /// RFC 7617, 2: a user-id holds no colon.
    private static func username(_ node: YAMLNode) throws(Wrong) -> String {
        let name = try node.text("the user's name")
        guard !name.utf8.contains(UInt8(ascii: ":")) else {
            throw Wrong("holds a ':', which no user's name can; write the name alone")
        }
        return name
    }

    /// The absolute path of a file with a secret, which must be there and be usable. Its name is not shown,
    /// in case that the secret itself was written there.
    mutating func secretFile(_ key: String, of fields: Fields) -> String? {
        let folder = fields.file.folder
        guard let mark = fields[key]?.value.mark,
            let path = value(key, of: fields, { node throws(Wrong) in try Self.secretPath(node, from: folder) })
        else { return nil }
        let kind = key == "bearer_file"
        if secrets["\(kind)\(path)"] == nil {
            switch SecretFile.read(path, using: readFile) {
            case .success(let secret) where kind && !SecretFile.isToken(secret):
                secrets["\(kind)\(path)"] = .some(.init("holds a space or a letter beyond ASCII; no token does"))
            case .success: secrets["\(kind)\(path)"] = .some(nil)
            case .failure(let problem): secrets["\(kind)\(path)"] = .some(problem)
            }
        }
        if let problem = secrets["\(kind)\(path)"] ?? nil {
            mistake(
                "'\(key)' names a file, looked for from \(folder.quoted), that \(problem)", in: fields.file, at: mark)
        } else if let exposure = SecretFile.exposure(path) {
            warning("'\(key)' names a file that \(exposure)", in: fields.file, at: mark)
        }
        return path
    }

    private static func secretPath(_ node: YAMLNode, from folder: String) throws(Wrong) -> String {
        let text = try node.text("the name of a file")
        if text.hasPrefix("~/") {
            throw Wrong("begins with '~', which stands for no folder here; write the whole path")
        }
        return FilePath.absolute(text, from: folder)
    }
}
