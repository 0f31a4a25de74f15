import FeedModel
import Foundation

/// Reads `feeds.yaml` and all that it includes.
public enum ConfigurationReader {
    /// - Parameters:
    ///   - path: of the configuration, as the user named it.
    ///   - currentDirectory: what a relative `path` is relative to; `nil` is the process's own.
    ///   - readFile: gives the bytes of the file at an absolute path; what it throws is told to the user.
    /// - Returns: the configuration, or every mistake in it.
    public static func read(
        path: String, currentDirectory: String? = nil,
        readFile: (String) throws -> [UInt8] = InputFile.read
    ) -> Result<Configuration, ConfigurationMistakes> {
        let folder = currentDirectory ?? FileManager.default.currentDirectoryPath
        return withoutActuallyEscaping(readFile) { readFile in
            var reading = ConfigurationReading(readFile: readFile)
            reading.readMain(.init(shown: path, path: FilePath.absolute(path, from: folder)))
            let mistakes = reading.sortedMistakes
            return mistakes.isEmpty ? .success(reading.configuration) : .failure(ConfigurationMistakes(mistakes))
        }
    }

    /// What the configuration says of the archive's folder, whatever else is wrong in it: who asks how a daemon is must
    /// be answered also when its file is broken.
    public static func archive(path: String) -> String? {
        // That line alone: the file may be no YAML as a whole.
        var reading = ConfigurationReading { file in
            let lines = try InputFile.read(file).split(separator: UInt8(ascii: "\n"))
            return Array(lines.first { $0.starts(with: "archive:".utf8) } ?? [])
        }
        let folder = FileManager.default.currentDirectoryPath
        reading.readMain(.init(shown: path, path: FilePath.absolute(path, from: folder)))
        return reading.configuration.archive
    }

    /// What `status` needs of the configuration, in a moment however many feeds there are: where the archive is, and
    /// `status:`; and what is wrong with these, or with the file.
    public static func readForStatus(
        path: String, currentDirectory: String? = nil, readFile: (String) throws -> [UInt8] = InputFile.read
    ) -> (Configuration, [ConfigurationMistake]) {
        let folder = currentDirectory ?? FileManager.default.currentDirectoryPath
        return withoutActuallyEscaping(readFile) { readFile in
            var reading = ConfigurationReading(readFile: readFile)
            reading.readsFeeds = false
            reading.readMain(.init(shown: path, path: FilePath.absolute(path, from: folder)))
            return (reading.configuration, reading.sortedMistakes)
        }
    }
}

extension ConfigurationReading {
    static let sections = ConfigurationMapping.main.names
    static let fetchKeys = ConfigurationMapping.fetch.names
    static let scheduleKeys = ConfigurationMapping.schedule.names
    static let keepKeys = ConfigurationMapping.keep.names
    static let websubKeys = ConfigurationMapping.websub.names

    /// The file that the user named: every key may stand in it.
    mutating func readMain(_ file: File) {
        guard let root = document(file) else { return }
        let fields = fields(of: root, "the configuration", known: Self.sections, in: file) { key in
            let home = [
                ("fetch", Self.fetchKeys), ("schedule", Self.scheduleKeys),
                ("keep", Self.keepKeys.filter { $0 != "tags" }), ("status", Self.statusKeys),
                ("metrics", Self.metricsKeys), ("serve", Self.serveKeys),
                ("websub", Self.websubKeys.filter { $0 != "interval" }),
            ]
            .first { $0.1.contains(key) }
            if let home { return "write it under '\(home.0)'" }
            return Self.feedKeys.contains(key) ? "write it under 'defaults', or at a feed under 'feeds'" : nil
        }
        let folder = file.folder
        configuration.archive = optional("archive", of: fields) { node throws(Wrong) in try node.path(from: folder) }
        configuration.contact = optional("contact", of: fields) { node throws(Wrong) in try node.contact() }
        configuration.listen = optional("listen", of: fields) { node throws(Wrong) in try node.listenAddress() }
        if let section = fields["status"] { readStatus(section.value, in: file) }
        if !readsFeeds { return }
        if let section = fields["serve"] { readServe(section.value, in: file) }
        if let section = fields["metrics"] { readMetrics(section.value, in: file) }
        if let section = fields["fetch"] { readFetch(section.value, in: file) }
        if let section = fields["hosts"] { readHosts(section.value, in: file) }
        // Before the feeds, whose intervals it bounds, wherever it stands in the file.
        shortestInterval = configuration.schedule.minInterval
        if let section = fields["schedule"] { readSchedule(section.value, in: file) }
        if let section = fields["keep"] { readKeep(section.value, in: file) }
        // After the schedule, which bounds its interval.
        if let section = fields["websub"], !section.value.isNull {
            readWebSub(section, listens: fields["listen"].map { !$0.value.isNull } ?? false, in: file)
        }
        readWebhooks(fields)
        readFeeds(fields, defaults: FeedConfiguration(url: "", place: file.place(.start)), within: [file])
    }

    private mutating func readFetch(_ node: YAMLNode, in file: File) {
        let fields = fields(of: node, "'fetch'", known: Self.fetchKeys, in: file)
        var fetch = configuration.fetch
        func count(_ node: YAMLNode) throws(Wrong) -> Int { try node.integer(1...65_535) }
        func time(_ node: YAMLNode) throws(Wrong) -> Duration { try node.duration(zeroIs: .senseless) }
        set(&fetch.concurrency, "concurrency", of: fields, count)
        set(&fetch.perHost, "per_host", of: fields, count)
        set(&fetch.hostDelay, "host_delay", of: fields) { node throws(Wrong) in
            try node.duration(zeroIs: .sensible)
        }
        set(&fetch.timeout, "timeout", of: fields, time)
        set(&fetch.connectTimeout, "connect_timeout", of: fields, time)
        set(&fetch.maxBody, "max_body", of: fields) { node throws(Wrong) in try node.size(1...(1 << 30)) }
        set(&fetch.maxRedirects, "max_redirects", of: fields) { node throws(Wrong) in try node.integer(0...100) }
        set(&fetch.addressPolicy, "allow_private_addresses", of: fields) { node throws(Wrong) in
            try node.addressPolicy()
        }
        set(&fetch.proxy, "proxy", of: fields) { node throws(Wrong) in try node.proxy() }
        fetch.userAgent = optional("user_agent", of: fields) { node throws(Wrong) in try node.userAgent() }
        fetch.caFile = readableFile("ca_file", of: fields)
        configuration.fetch = fetch
    }

    private mutating func readSchedule(_ node: YAMLNode, in file: File) {
        let fields = fields(of: node, "'schedule'", known: Self.scheduleKeys, in: file)
        var schedule = configuration.schedule
        func time(_ node: YAMLNode) throws(Wrong) -> Duration { try node.duration(zeroIs: .senseless) }
        let areIntervals = set(&schedule.minInterval, "min_interval", of: fields, time)
        shortestInterval = areIntervals ? schedule.minInterval : nil
        if set(&schedule.maxInterval, "max_interval", of: fields, time), areIntervals {
            compare("min_interval", schedule.minInterval, "max_interval", schedule.maxInterval, of: fields)
        }
        let isRetry = set(&schedule.retryFirst, "retry_first", of: fields, time)
        if set(&schedule.retryMax, "retry_max", of: fields, time), isRetry {
            compare("retry_first", schedule.retryFirst, "retry_max", schedule.retryMax, of: fields)
        }
        set(&schedule.giveUpAfter, "give_up_after", of: fields, time)
        schedule.pollsPerHour = optional("polls_per_hour", of: fields) { node throws(Wrong) in
            try node.integer(1...100_000_000)
        }
        configuration.schedule = schedule
    }

    private mutating func readKeep(_ node: YAMLNode, in file: File) {
        let fields = fields(of: node, "'keep'", known: Self.keepKeys, in: file)
        var keep = configuration.keep
        set(&keep.raw, "raw", of: fields) { node throws(Wrong) in
            try node.oneOf(KeepSettings.RawDocuments.self)
        }
        set(&keep.fetchLog, "fetch_log", of: fields) { node throws(Wrong) in
            try node.duration(zeroIs: .sensible)
        }
        readRetention(fields, into: &keep)
        configuration.keep = keep
    }

    private mutating func readWebSub(_ section: Fields.Field, listens: Bool, in file: File) {
        let fields = fields(of: section.value, "'websub'", known: Self.websubKeys, in: file)
        if !listens {
            mistake(
                "'websub' needs 'listen', where callbacks of hubs are received; write 'listen: 127.0.0.1:8008' beside "
                    + "it, and let the URL of 'callback' lead there",
                in: file, at: section.keyMark)
        }
        let longest = configuration.schedule.maxInterval
        var settings = WebSubSettings(callback: "", interval: min(WebSubSettings.standardInterval, longest))
        set(&settings.lease, "lease", of: fields) { node throws(Wrong) in try node.lease() }
        let isInterval = set(&settings.interval, "interval", of: fields) { node throws(Wrong) in
            try node.duration(zeroIs: .senseless)
        }
        if isInterval, settings.interval > longest, let field = fields["interval"] {
            mistake(
                "'interval' is \(DurationText.format(settings.interval)), above 'max_interval' "
                    + "(\(DurationText.format(longest))); make it \(DurationText.format(longest)) or less",
                in: file, at: field.value.mark)
        }
        if fields["callback"] == nil {
            // After another mistake the key may be there, misspelt.
            if fields.isWhole {
                mistake(
                    "'websub' has no 'callback'; write 'callback: https://feeds.example.org/websub', the public URL "
                        + "that leads to 'listen'",
                    in: file, at: section.keyMark)
            }
        } else if let callback = value("callback", of: fields, { node throws(Wrong) in try node.callback() }) {
            settings.callback = callback
            configuration.websub = settings
        }
    }

    /// Replaces a default, if the key is there.
    ///
    /// - Returns: whether the setting can be believed: `false` after a mistake.
    @discardableResult
    mutating func set<Value>(
        _ setting: inout Value, _ key: String, of fields: Fields, _ read: (YAMLNode) throws(Wrong) -> Value
    ) -> Bool {
        guard fields[key] != nil else { return true }
        guard let value = value(key, of: fields, read) else { return false }
        setting = value
        return true
    }

    /// Tells if what should be the lesser is not, at the one of the two that the file names.
    private mutating func compare(
        _ lesser: String, _ less: Duration, _ greater: String, _ more: Duration, of fields: Fields
    ) {
        guard less > more else { return }
        func told(_ key: String, _ duration: Duration) -> String {
            "\(DurationText.format(duration))\(fields[key] == nil ? ", the default" : "")"
        }
        if let field = fields[lesser] {
            mistake(
                "'\(lesser)' is \(DurationText.format(less)), above '\(greater)' (\(told(greater, more))); "
                    + "make it \(DurationText.format(more)) or less, or '\(greater)' more",
                in: fields.file, at: field.value.mark)
        } else if let field = fields[greater] {
            mistake(
                "'\(greater)' is \(DurationText.format(more)), below '\(lesser)' (\(told(lesser, less))); "
                    + "make it \(DurationText.format(less)) or more, or '\(lesser)' less",
                in: fields.file, at: field.value.mark)
        }
    }

    /// The absolute path of a file that must be there.
    private mutating func readableFile(_ key: String, of fields: Fields) -> String? {
        let folder = fields.file.folder
        guard let path = optional(key, of: fields, { node throws(Wrong) in try node.path(from: folder) }),
            let mark = fields[key]?.value.mark
        else { return nil }
        do {
            _ = try readFile(path)
        } catch {
            mistake("'\(key)' names \(path.quoted), which cannot be read: \(oneLine(error))", in: fields.file, at: mark)
        }
        return path
    }
}
