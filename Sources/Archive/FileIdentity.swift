import Glibc

/// A file whatever it is called.
struct FileIdentity: Equatable {
    private let device: dev_t
    private let number: ino_t

    /// `nil` where there is none; `errno` says why.
    init?(ofFile path: String) {
        var status = stat()
        guard stat(path, &status) == 0 else { return nil }
        device = status.st_dev
        number = status.st_ino
    }
}

/// The files of an open archive, and whether their names still lead to them: what is written to a file that was taken
/// away is lost.
struct ArchivePlace {
    private let files: [(path: String, identity: FileIdentity)]

    /// The database and its log, as they are now.
    init(database: String) {
        files = [database, database + "-wal"].compactMap { path in FileIdentity(ofFile: path).map { (path, $0) } }
    }

    func check() throws(ArchiveError) {
        for (path, identity) in files {
            guard let there = FileIdentity(ofFile: path) else {
                throw .unavailable(path: path, ArchiveObstacle(systemError: errno))
            }
            if there != identity { throw .replaced(path: path) }
        }
    }
}
