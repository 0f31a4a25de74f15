import GRDBSQLite
import Glibc
import Synchronization

/// A disk under SQLite that refuses to write or to sync what is below a folder, for as long as a test wants it.
///
/// It is SQLite's own file system but for that, and takes its place for the whole process.
final class BrokenDisk: Sendable {
    enum Fault: Sendable {
        /// The bytes of a commit stand in the log, and are never known to be durable.
        case sync
        /// Nothing can be written.
        case full
    }

    private let folder: String

    init(below folder: String) {
        self.folder = folder
        _ = BrokenDisk.isRegistered
    }

    deinit { mend() }

    /// From now on.
    func fails(_ fault: Fault) { BrokenDisk.faults.withLock { $0[folder] = fault } }

    func mend() { BrokenDisk.faults.withLock { $0[folder] = nil } }

    private static let faults = Mutex<[String: Fault]>([:])
    /// Where the files that are open live in memory, and on the disk. A log's methods are the only ones that are replaced.
    private static let paths = Mutex<[UInt: String]>([:])

    private static func fault(_ file: UnsafeMutablePointer<sqlite3_file>?) -> Fault? {
        guard let path = paths.withLock({ $0[UInt(bitPattern: file)] }) else { return nil }
        return faults.withLock { faults in faults.first { path.hasPrefix($0.key) }?.value }
    }

    // Both are written once, before SQLite opens its first file by them, and then only read.
    nonisolated(unsafe) private static var system = sqlite3_vfs()
    nonisolated(unsafe) private static var own: (log: UnsafePointer<sqlite3_io_methods>, usual: sqlite3_io_methods)?

    private static let isRegistered: Bool = {
        guard let usual = sqlite3_vfs_find(nil) else { return false }
        system = usual.pointee
        // SQLite keeps both for as long as the process lives.
        let vfs = UnsafeMutablePointer<sqlite3_vfs>.allocate(capacity: 1)
        vfs.initialize(to: usual.pointee)
        vfs.pointee.pNext = nil
        vfs.pointee.zName = UnsafePointer(strdup("broken"))
        vfs.pointee.xOpen = { vfs, name, file, flags, outFlags in
            let code = BrokenDisk.system.xOpen(vfs, name, file, flags, outFlags)
            guard code == SQLITE_OK, flags & SQLITE_OPEN_WAL != 0, let name, let file,
                let methods = file.pointee.pMethods
            else { return code }
            BrokenDisk.paths.withLock { $0[UInt(bitPattern: file)] = String(cString: name) }
            file.pointee.pMethods = BrokenDisk.methods(like: methods.pointee)
            return code
        }
        return sqlite3_vfs_register(vfs, 1) == SQLITE_OK
    }()

    private static let patching = Mutex(())

    private static func methods(like usual: sqlite3_io_methods) -> UnsafePointer<sqlite3_io_methods> {
        patching.withLock { _ in
            if let own { return own.log }
            let methods = UnsafeMutablePointer<sqlite3_io_methods>.allocate(capacity: 1)
            methods.initialize(to: usual)
            methods.pointee.xSync = { file, flags in
                if BrokenDisk.fault(file) == .sync {
                    errno = EIO
                    return SQLITE_IOERR | 4 << 8
                }
                return BrokenDisk.own?.usual.xSync(file, flags) ?? SQLITE_MISUSE
            }
            methods.pointee.xWrite = { file, bytes, count, offset in
                if BrokenDisk.fault(file) == .full { return SQLITE_FULL }
                return BrokenDisk.own?.usual.xWrite(file, bytes, count, offset) ?? SQLITE_MISUSE
            }
            own = (UnsafePointer(methods), usual)
            return UnsafePointer(methods)
        }
    }
}
