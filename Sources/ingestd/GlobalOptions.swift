import Archive
import ArgumentParser
import FeedFetch
import FeedModel
import Foundation
import Ingest
import Logging

/// Options that every command has, before or after its name.
struct GlobalOptions: ParsableArguments {
    @Option(name: .customLong("config"), help: ArgumentHelp("The configuration file.", valueName: "path"))
    var configPath: String?

    @Option(name: .customLong("archive"), help: ArgumentHelp("The folder of the archive.", valueName: "dir"))
    var archiveFolder: String?

    @Flag(help: "Machine output on stdout, and nothing else there.")
    var json = false

    @Flag(help: "Nothing on stderr but errors.")
    var quiet = false

    @Option(
        help: ArgumentHelp("What is logged to stderr: trace, debug, info, notice, warning, error.", valueName: "level"))
    var logLevel: LogLevel = .notice

    @Option(
        help: ArgumentHelp(
            "How: text, json (an object a line), journal (systemd's, with fields), or auto: journal where stderr leads there.",
            valueName: "format"))
    var logFormat: Log.Format = .auto

    enum LogLevel: String, ExpressibleByArgument, CaseIterable {
        case trace, debug, info, notice, warning, error

        var level: Logger.Level { Logger.Level(rawValue: rawValue) ?? .notice }
    }

    /// Moves global options that stand before the command's name behind it, where the parser looks for
    /// them.
    static func hoisted(_ arguments: [String]) -> [String] {
        var options: [String] = []
        var rest = arguments[...]
        while let first = rest.first {
            if ["--config", "--archive", "--log-level", "--log-format"].contains(first), rest.count > 1 {
                options += rest.prefix(2)
                rest.removeFirst(2)
            } else if ["--json", "--quiet"].contains(first)
                || ["--config=", "--archive=", "--log-level=", "--log-format="].contains(where: first.hasPrefix)
            {
                options.append(first)
                rest.removeFirst()
            } else {
                break
            }
        }
        guard let command = rest.first, !command.hasPrefix("-") else { return arguments }
        return [command] + options + rest.dropFirst()
    }

    // MARK: files

    /// The configuration file, and how it was found.
    var configurationPath: String? {
        if let configPath { return configPath }
        if let path = GlobalOptions.environment("INGESTD_CONFIG") { return path }
        return ["./feeds.yaml", "/etc/ingestd/feeds.yaml"].first(where: FileManager.default.fileExists(atPath:))
    }

    /// - Throws: `CommandFailure` 78 with every mistake.
    func loadConfiguration() throws -> Ingest.Configuration {
        guard let path = configurationPath else {
            throw CommandFailure(
                .configuration,
                "there is no configuration: neither ./feeds.yaml nor /etc/ingestd/feeds.yaml; name one with --config")
        }
        switch ConfigurationReader.read(path: path) {
        case .success(let configuration): return configuration
        case .failure(let mistakes):
            for mistake in mistakes.mistakes { Terminal.message(mistake.description) }
            throw CommandFailure(.configuration, nil)
        }
    }

    /// For commands that need no feeds of a configuration: without one, what every configuration begins with.
    func loadConfigurationIfAny() throws -> Ingest.Configuration {
        configurationPath == nil ? Ingest.Configuration() : try loadConfiguration()
    }

    /// For one request by a person's hand: a client with the settings of the configuration, if there is one; and until
    /// when hosts are to be left alone, by pause scope, if there is an archive.
    func withClient<Result: Sendable>(
        _ body: (Ingest.Configuration, HTTPClient, _ pauses: [String: Timestamp]) async -> Result
    ) async throws -> Result {
        let configuration = try loadConfigurationIfAny()
        let pauses = try pauses(configuration)
        let client = try httpClient(configuration)
        let result = await body(configuration, client, pauses)
        await client.shutdown()
        return result
    }

    private func pauses(_ configuration: Ingest.Configuration) throws -> [String: Timestamp] {
        do {
            return try Archive.openForReading(folder: archiveFolder(configuration)).pauses(at: SystemTime().now)
        } catch ArchiveError.notThere {
            return [:]
        } catch let error as ArchiveError {
            throw CommandFailure(error)
        }
    }

    static func validate(webURL url: String) throws {
        guard WebURL(url)?.isHTTP == true else {
            throw ValidationError("\(url) is no http or https URL; a whole one begins with https://")
        }
    }

    /// Says that there is nothing to poll, what is dangerous, and which settings this version does not act upon.
    func note(_ configuration: Ingest.Configuration) {
        if quiet { return }
        for warning in configuration.warnings { Terminal.message("warning: \(warning)") }
        if configuration.feeds.isEmpty { Terminal.message("note: there are no feeds, so nothing is polled") }
        for note in configuration.withoutEffect { Terminal.message("note: \(note)") }
    }

    func archiveFolder(_ configuration: Ingest.Configuration?) -> String {
        let folder =
            archiveFolder ?? GlobalOptions.environment("INGESTD_ARCHIVE") ?? configuration?.archive
            ?? GlobalOptions.environment("STATE_DIRECTORY") ?? "./archive"
        return URL(fileURLWithPath: folder).path
    }

    /// The archive's folder for commands that read it: a configuration with mistakes is no obstacle where the folder is
    /// known all the same.
    func archiveFolderForReading() throws -> String {
        if archiveFolder != nil || GlobalOptions.environment("INGESTD_ARCHIVE") != nil { return archiveFolder(nil) }
        guard let path = configurationPath else { return archiveFolder(nil) }
        if let folder = ConfigurationReader.archive(path: path) { return URL(fileURLWithPath: folder).path }
        return archiveFolder(try loadConfiguration())
    }

    func openForReading() throws -> Archive {
        do {
            return try Archive.openForReading(folder: archiveFolderForReading())
        } catch let error as ArchiveError {
            throw CommandFailure(error)
        }
    }

    static func environment(_ name: String) -> String? {
        ProcessInfo.processInfo.environment[name].flatMap { $0.isEmpty ? nil : $0 }
    }

    var log: Log { Log(logFormat, level: quiet ? max(logLevel.level, .error) : logLevel.level) }

    var logger: Logger { log.logger }

    /// For commands whose output names every poll that fails: unless more is asked for, errors of our own alone.
    var loggerOfRound: Logger {
        var logger = logger
        if logLevel == .notice { logger.logLevel = .error }
        return logger
    }
}

extension Log.Format: ExpressibleByArgument {}
