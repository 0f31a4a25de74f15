import Archive
import Glibc

/// Why a command ends with something else than 0, and what it says on stderr.
struct CommandFailure: Error {
    /// `sysexits.h`, as the help text lists them.
    enum Code: Int32, CaseIterable {
        case failed = 1
        case usage = 64
        case badInput = 65
        case daemonUnavailable = 69
        case cannotCreate = 73
        case inputOutput = 74
        case configuration = 78

        var meaning: String {
            switch self {
            case .failed: "failed"
            case .usage: "usage"
            case .badInput: "bad input document"
            case .daemonUnavailable: "the daemon was needed, and is not there or does not answer"
            case .cannotCreate: "cannot create the archive"
            case .inputOutput: "reading or writing failed"
            case .configuration: "configuration"
            }
        }
    }

    var exitCode: Int32
    var message: String?

    init(_ code: Code, _ message: String?) {
        exitCode = code.rawValue
        self.message = message
    }

    /// For `status`, whose exit codes are its own.
    init(exitCode: Int32) { self.exitCode = exitCode }

    init(_ error: ArchiveError) {
        let code: Code =
            switch error {
            case .cannotCreate, .openToOthers, .exists: .cannotCreate
            case .locked, .noIndex: .failed
            case .notThere, .empty, .notAnArchive, .newerSchema, .newerForm, .damaged, .busy, .unavailable, .replaced,
                .failed:
                .inputOutput
            }
        self.init(code, error.description)
    }
}

/// Runs a command's body; what the archive throws becomes the command's failure.
func reportingArchiveErrors<Result>(_ body: () async throws -> Result) async throws -> Result {
    do {
        return try await body()
    } catch let error as ArchiveError {
        throw CommandFailure(error)
    }
}
