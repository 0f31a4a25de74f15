import FeedModel
import Glibc

/// Looks for bytes and words in a buffer, at the speed of `memchr`.
///
/// A word that was not found once is not looked for again further on: many openings without an end
/// cost one search.
struct ByteScanner {
    let bytes: UnsafeBufferPointer<UInt8>
    var at = 0
    private var missing: [UInt64: Int] = [:]

    init(_ bytes: UnsafeBufferPointer<UInt8>) { self.bytes = bytes }

    var isAtEnd: Bool { at >= bytes.count }

    func find(_ byte: UInt8, from start: Int, before limit: Int? = nil) -> Int? {
        let end = min(limit ?? bytes.count, bytes.count)
        guard start < end, let base = bytes.baseAddress, let found = memchr(base + start, Int32(byte), end - start)
        else { return nil }
        return UnsafeRawPointer(found) - UnsafeRawPointer(base)
    }

    /// Where the word ends.
    mutating func findEnd(_ word: StaticString, from start: Int) -> Int? {
        let key = UInt64(UInt(bitPattern: word.utf8Start))
        if !missing.isEmpty, let known = missing[key], known <= start { return nil }
        // A word's first byte is rare in what is searched for it: this is faster than `memmem`.
        var at = start
        while let candidate = find(word.utf8Start.pointee, from: at) {
            if matches(word, at: candidate) { return candidate + word.utf8CodeUnitCount }
            at = candidate + 1
        }
        missing[key] = min(missing[key] ?? start, start)
        return nil
    }

    func starts(with word: [UInt8]) -> Bool { bytes.starts(with: word) }

    func matches(_ word: StaticString, at start: Int) -> Bool {
        let count = word.utf8CodeUnitCount
        guard start >= 0, start <= bytes.count - count, let base = bytes.baseAddress else { return false }
        return memcmp(base + start, word.utf8Start, count) == 0
    }

    /// The word in lower case.
    func matchesIgnoringCase(_ word: StaticString, at start: Int) -> Bool {
        let count = word.utf8CodeUnitCount
        guard start >= 0, start <= bytes.count - count else { return false }
        for offset in 0..<count where bytes[start + offset].asciiLowercased != word.utf8Start[offset] { return false }
        return true
    }
}
