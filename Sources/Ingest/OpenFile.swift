import Glibc

/// What a descriptor refers to.
public enum OpenFile {
    /// Device and inode, as `$JOURNAL_STREAM` has them.
    public static func identity(_ descriptor: Int32) -> String? {
        var status = stat()
        guard fstat(descriptor, &status) == 0 else { return nil }
        return "\(status.st_dev):\(status.st_ino)"
    }
}
