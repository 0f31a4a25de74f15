import Archive

/// The word 3-shingles of a canonical text: every run of three words, as 64-bit hashes.
///
/// Scripts that put no spaces between words are shingled by character. A text of fewer than three words
/// is one shingle; an empty text has none.
public struct Shingles: Hashable, Sendable {
    private let hashes: Set<UInt64>

    public init(_ text: String) {
        var words: [UInt64] = []
        var word: UInt64 = Shingles.seed
        var isInWord = false
        for scalar in text.unicodeScalars {
            if Shingles.standsAlone(scalar) {
                if isInWord { words.append(word) }
                words.append(Shingles.mix(Shingles.seed, scalar.value))
                word = Shingles.seed
                isInWord = false
            } else if Shingles.isInWords(scalar) {
                word = Shingles.mix(word, Shingles.lowercased(scalar))
                isInWord = true
            } else if isInWord {
                words.append(word)
                word = Shingles.seed
                isInWord = false
            }
        }
        if isInWord { words.append(word) }
        if words.count < 3 {
            hashes = words.isEmpty ? [] : [words.reduce(Shingles.seed) { Shingles.mix($0, $1) }]
        } else {
            hashes = Set(
                (2..<words.count).map { index in
                    Shingles.mix(
                        Shingles.mix(Shingles.mix(Shingles.seed, words[index - 2]), words[index - 1]), words[index])
                })
        }
    }

    /// The part of the smaller text's shingles that the other holds too: 1 for equal texts (also for two
    /// empty ones), 0 where only one is empty.
    public func sharedPart(with other: Shingles) -> Double {
        if count == 0 && other.count == 0 { return 1 }
        return similarity(to: other).containment
    }

    /// The part of these shingles that the other text holds too; 1 where there are none.
    func part(in other: Shingles) -> Double {
        count == 0 ? 1 : Double(hashes.reduce(0) { other.hashes.contains($1) ? $0 + 1 : $0 }) / Double(count)
    }

    var count: Int { hashes.count }

    func similarity(to other: Shingles) -> Similarity {
        let (small, large) = count < other.count ? (self, other) : (other, self)
        guard small.count > 0 else { return Similarity(jaccard: 0, containment: 0) }
        let shared = small.hashes.reduce(0) { large.hashes.contains($1) ? $0 + 1 : $0 }
        return Similarity(
            jaccard: Double(shared) / Double(small.count + large.count - shared),
            containment: Double(shared) / Double(small.count))
    }

    /// The least of the shingles' hashes by one of many functions.
    func least(seed: UInt64) -> UInt64 {
        hashes.reduce(.max) { min($0, StorySignature.mix($1 ^ seed)) }
    }

    // FNV-1a, so that a hash is the same in every process.
    private static let seed: UInt64 = 0xCBF2_9CE4_8422_2325

    private static func mix(_ hash: UInt64, _ value: some FixedWidthInteger) -> UInt64 {
        var hash = hash
        var value = UInt64(truncatingIfNeeded: value)
        repeat {
            hash = (hash ^ (value & 0xFF)) &* 0x100_0000_01B3
            value >>= 8
        } while value > 0
        return hash
    }

    private static func lowercased(_ scalar: Unicode.Scalar) -> UInt32 {
        if scalar.isASCII { return (0x41...0x5A).contains(scalar.value) ? scalar.value | 0x20 : scalar.value }
        return scalar.properties.lowercaseMapping.unicodeScalars.first?.value ?? scalar.value
    }

    private static func isInWords(_ scalar: Unicode.Scalar) -> Bool {
        if scalar.isASCII {
            return (0x61...0x7A).contains(scalar.value | 0x20) || (0x30...0x39).contains(scalar.value)
        }
        return scalar.properties.isAlphabetic || scalar.properties.numericType != nil
    }

    /// Thai, Lao, Myanmar, Khmer, kana and Han.
    private static func standsAlone(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar.value {
        case 0x0E00..<0x0F00, 0x1000..<0x10A0, 0x1780..<0x1800, 0x3040..<0x3100, 0x3400..<0x4DC0, 0x4E00..<0xA000,
            0xF900..<0xFB00, 0x20000..<0x32000:
            true
        default: false
        }
    }
}
