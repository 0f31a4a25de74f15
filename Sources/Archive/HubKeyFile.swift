import Glibc

/// The file `hub.key` beside the archive, with 32 bytes that nobody but its owner may read: what subscriptions' secrets are
/// made of. Members of the group that reads the archive could else answer in our place, and forge what a hub sends.
enum HubKeyFile {
    static let name = "hub.key"
    static let length = 32
    private static let newName = ".hub.key"

    /// The key in an archive's folder; a new one where there is none that is ours alone.
    static func key(in folder: ArchiveFolder) throws(FileFailure) -> [UInt8] {
        if let file = try? folder.openIfThere(name), let key = key(of: file) { return key }
        let file = try folder.replace(newName, mode: 0o600)
        var generator = SystemRandomNumberGenerator()
        let key = (0..<length).map { _ in UInt8.random(in: .min ... .max, using: &generator) }
        try write(key, to: file, in: folder)
        return key
    }

    /// Copies the key to a backup, if there is one and it may be read: without it, hubs are asked again.
    static func copy(from source: String, to folder: ArchiveFolder) throws(FileFailure) {
        guard let file = try? ArchiveFolder(source).openIfThere(name), let key = key(of: file) else { return }
        try write(key, to: folder.replace(newName, mode: 0o600), in: folder)
    }

    private static func key(of file: OpenedFile) -> [UInt8]? {
        var status = stat()
        guard fstat(file.descriptor, &status) == 0, status.st_mode & 0o077 == 0,
            status.st_uid == geteuid() || geteuid() == 0
        else { return nil }
        var bytes = [UInt8](repeating: 0, count: length + 1)
        let count = pread(file.descriptor, &bytes, bytes.count, 0)
        return count == length ? Array(bytes.prefix(length)) : nil
    }

    private static func write(_ key: [UInt8], to file: OpenedFile, in folder: ArchiveFolder) throws(FileFailure) {
        guard pwrite(file.descriptor, key, key.count, 0) == key.count, fsync(file.descriptor) == 0 else {
            throw FileFailure(folder.path + "/" + newName, errno)
        }
        try folder.rename(newName, to: name)
        try folder.synchronize()
    }
}

extension Archive {
    /// What the secrets of subscriptions to hubs are made of, with what their rows hold.
    public func hubKey() throws(ArchiveError) -> [UInt8] {
        do { return try HubKeyFile.key(in: ArchiveFolder(folder)) } catch { throw .failed(error) }
    }
}
