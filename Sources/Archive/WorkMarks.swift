public import FeedModel
import Glibc
import Synchronization

/// Which feeds' documents the program works at just now, in a small file that outlives it: should the program die of a
/// document, the next one finds here whose it was.
///
/// A mark is one write of eight bytes to the page cache, about a microsecond, and is taken away by another. It need not
/// be durable: who loses power has not died of a document. A mark that cannot be written, on a full disk say, is left
/// out.
///
/// `marks` is a file of 64 places of eight bytes each, in the order of the machine's bytes: a feed's number shifted left
/// by one, the lowest bit set where the document is read alone; 0 for a free place.
public final class WorkMarks: Sendable {
    /// A place in the file, until `end`.
    public struct Mark: Sendable {
        fileprivate let place: Int?
    }

    private static let places = 64

    /// A bit for each place that is taken. The lock keeps two threads from taking one place.
    private let taken = Mutex<UInt64>(0)
    /// Our own from `init` to `deinit`; -1 where there is no file.
    private let descriptor: Int32

    /// - Parameter folder: the archive's, whose lock is ours; `nil` for who only reads.
    init(folder: String?) {
        descriptor =
            folder.map { open($0 + "/marks", O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK, 0o600) } ?? -1
    }

    deinit { if descriptor >= 0 { close(descriptor) } }

    /// At whose documents the program before this one worked when it died; those alone that were read alone, if there
    /// are any. To be asked before the first `begin`.
    public func left() -> [FeedID] {
        var known = [Int64](repeating: 0, count: WorkMarks.places)
        let count = known.withUnsafeMutableBytes { pread(descriptor, $0.baseAddress, $0.count, 0) }
        let marks = known.prefix(max(0, count) / MemoryLayout<Int64>.size).filter { $0 > 0 }
        let alone = marks.filter { $0 & 1 == 1 }
        return Set(alone.isEmpty ? marks : alone).map { FeedID(rawValue: $0 >> 1) }.sorted { $0.rawValue < $1.rawValue }
    }

    /// What `left` has told is known elsewhere now.
    public func forgetLeft() {
        let free = [Int64](repeating: 0, count: WorkMarks.places)
        _ = free.withUnsafeBytes { pwrite(descriptor, $0.baseAddress, $0.count, 0) }
    }

    /// To be called before a document is worked at.
    ///
    /// - Parameter isAlone: no other document that is suspected of anything is read at the same time.
    public func begin(_ feed: FeedID, isAlone: Bool) -> Mark {
        guard descriptor >= 0 else { return Mark(place: nil) }
        let place = taken.withLock { taken -> Int? in
            let free = (~taken).trailingZeroBitCount
            guard free < WorkMarks.places else { return nil }
            taken |= 1 << UInt64(free)
            return free
        }
        if let place { write(feed.rawValue << 1 | (isAlone ? 1 : 0), at: place) }
        return Mark(place: place)
    }

    public func end(_ mark: Mark) {
        guard let place = mark.place else { return }
        write(0, at: place)
        taken.withLock { $0 &= ~(1 << UInt64(place)) }
    }

    private func write(_ value: Int64, at place: Int) {
        var value = value
        let size = MemoryLayout<Int64>.size
        _ = pwrite(descriptor, &value, size, off_t(place * size))
    }
}
