import Glibc

/// A file that is open, until its last reference goes.
final class OpenedFile: Sendable {
    let descriptor: Int32

    init(_ descriptor: Int32) { self.descriptor = descriptor }

    deinit { close(descriptor) }

    /// The first bytes as text.
    func text(most: Int) -> String {
        var bytes = [UInt8](repeating: 0, count: most)
        let count = pread(descriptor, &bytes, bytes.count, 0)
        return String(decoding: bytes.prefix(max(0, count)), as: UTF8.self)
    }

    func replaceText(_ text: String) -> Bool {
        ftruncate(descriptor, 0) == 0
            && text.withCString { pwrite(descriptor, $0, strlen($0), 0) } == text.utf8.count
    }
}

/// Why a file of an archive's folder cannot be used.
struct FileFailure: Error {
    var path: String
    var reason: String
    /// `errno`, where the system refuses; 0 where we do.
    var code: Int32

    init(_ path: String, _ code: Int32) {
        self.path = path
        self.code = code
        reason = code == ELOOP ? FileFailure.isLink : String(cString: strerror(code))
    }

    init(_ path: String, refused reason: String) {
        self.path = path
        self.reason = reason
        code = 0
    }

    static let isLink = "it is a symbolic link, and what it leads to is left alone; remove it"
}

/// A folder of an archive that is held open. Files in it are opened relative to it and are what they seem to be: no link
/// is followed, whoever put it there, and what is no regular file is neither waited for nor written to.
final class ArchiveFolder: Sendable {
    let path: String
    private let descriptor: Int32

    private init(_ path: String, descriptor: Int32) {
        self.path = path
        self.descriptor = descriptor
    }

    deinit { close(descriptor) }

    private static let flags = O_RDONLY | O_DIRECTORY | O_CLOEXEC

    /// A folder that a user has named, by a link too.
    convenience init(_ path: String) throws(FileFailure) {
        let descriptor = Glibc.open(path, ArchiveFolder.flags)
        guard descriptor >= 0 else { throw FileFailure(path, errno) }
        self.init(path, descriptor: descriptor)
    }

    /// - Returns: `nil` if it is not there.
    func folder(_ name: String, isMade: Bool = false) throws(FileFailure) -> ArchiveFolder? {
        let path = path + "/" + name
        if isMade, mkdirat(descriptor, name, 0o777) != 0, errno != EEXIST { throw FileFailure(path, errno) }
        let inner = openat(descriptor, name, ArchiveFolder.flags | O_NOFOLLOW)
        guard inner >= 0 else {
            let code = errno
            if code == ENOENT { return nil }
            var status = stat()
            // With both flags Linux says of a link that it is no folder.
            let isLink =
                fstatat(descriptor, name, &status, AT_SYMLINK_NOFOLLOW) == 0 && status.st_mode & S_IFMT == S_IFLNK
            throw FileFailure(path, isLink ? ELOOP : code)
        }
        return ArchiveFolder(path, descriptor: inner)
    }

    /// - Parameter mode: of a file that is made, but for what the process's mask takes away.
    func open(_ name: String, _ flags: Int32, mode: mode_t = 0o666) throws(FileFailure) -> OpenedFile {
        let path = path + "/" + name
        let opened = openat(descriptor, name, flags | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK | O_NOCTTY, mode)
        guard opened >= 0 else { throw FileFailure(path, errno) }
        let file = OpenedFile(opened)
        var status = stat()
        guard fstat(opened, &status) == 0 else { throw FileFailure(path, errno) }
        guard status.st_mode & S_IFMT == S_IFREG else {
            throw FileFailure(path, refused: "it is no regular file; remove it")
        }
        return file
    }

    /// As `open` for reading; `nil` if there is none.
    func openIfThere(_ name: String) throws(FileFailure) -> OpenedFile? {
        do throws(FileFailure) {
            return try open(name, O_RDONLY)
        } catch {
            if error.code == ENOENT { return nil }
            throw error
        }
    }

    /// A new file under a name that is ours: whatever bore it goes.
    func replace(_ name: String, mode: mode_t = 0o666) throws(FileFailure) -> OpenedFile {
        unlinkat(descriptor, name, 0)
        return try open(name, O_RDWR | O_CREAT | O_EXCL, mode: mode)
    }

    /// - Returns: whether it was there.
    @discardableResult
    func remove(_ name: String) throws(FileFailure) -> Bool {
        if unlinkat(descriptor, name, 0) == 0 { return true }
        guard errno == ENOENT else { throw FileFailure(path + "/" + name, errno) }
        return false
    }

    func rename(_ name: String, to new: String) throws(FileFailure) {
        guard renameat(descriptor, name, descriptor, new) == 0 else { throw FileFailure(path + "/" + new, errno) }
    }

    /// The folder's own list of names, so that a file's new name outlives a power cut.
    func synchronize() throws(FileFailure) {
        guard fsync(descriptor) == 0 else { throw FileFailure(path, errno) }
    }

    /// The mode of the files that everybody may read who may read the folder, and nobody but their owner may write.
    var modeOfReaders: mode_t { 0o600 | (status?.st_mode ?? 0) & 0o044 }

    private var status: stat? {
        var status = stat()
        return fstat(descriptor, &status) == 0 ? status : nil
    }

    // MARK: strangers

    /// Who else may put files of theirs in the place of ours, in words; `nil` if nobody may.
    var strangers: String? {
        // In a folder such as /tmp what is ours stays ours.
        guard let status, status.st_mode & 0o1000 == 0 else { return nil }
        if status.st_mode & 0o002 != 0 { return "everybody may write to it" }
        if status.st_mode & 0o020 == 0 || isOwnersGroup(status) { return nil }
        return "its group may write to it"
    }

    /// Many systems give each user a group of their own, which may write to all that is theirs.
    private func isOwnersGroup(_ status: stat) -> Bool {
        var (owner, ownersGroup) = (passwd(), group())
        var (ownerEnd, groupEnd): (UnsafeMutablePointer<passwd>?, UnsafeMutablePointer<group>?)
        let size = 1 << 16
        let texts = UnsafeMutablePointer<CChar>.allocate(capacity: 2 * size)
        defer { texts.deallocate() }
        guard getpwuid_r(status.st_uid, &owner, texts, size, &ownerEnd) == 0, ownerEnd != nil,
            getgrgid_r(status.st_gid, &ownersGroup, texts + size, size, &groupEnd) == 0, groupEnd != nil,
            owner.pw_gid == status.st_gid, strcmp(owner.pw_name, ownersGroup.gr_name) == 0
        else { return false }
        var member = ownersGroup.gr_mem
        while let name = member?.pointee {
            if strcmp(name, owner.pw_name) != 0 { return false }
            member = member?.successor()
        }
        return true
    }
}
