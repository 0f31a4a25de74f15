import Archive

/// By what an article finds those that say almost the same, without being held against all of them: MinHash (Broder 1997)
/// over its shingles, in bands. Two texts that share the part `s` of all their shingles share one band at least with
/// probability 1 − (1 − s⁴)⁸: 40 % for s = 0.5, 89 % for 0.7, 98 % for 0.8, 99.97 % for 0.9.
struct StorySignature: Hashable, Sendable {
    /// A number from 0 to 2³¹ − 1 for each band, which holds the band's own number.
    let bands: [Int64]

    static let bandCount = 8
    static let rows = 4

    /// Of no shingles, no bands: nothing is like it.
    init(_ shingles: Shingles) {
        guard shingles.count > 0 else {
            bands = []
            return
        }
        bands = (0..<StorySignature.bandCount).map { band in
            var hash = UInt64(band)
            for row in 0..<StorySignature.rows {
                hash = StorySignature.mix(
                    hash ^ shingles.least(seed: UInt64(band * StorySignature.rows + row + 1) &* 0x9E37_79B9_7F4A_7C15))
            }
            return Int64(band) << 28 | Int64(hash >> 36)
        }
    }

    /// The end of SplitMix64.
    static func mix(_ value: UInt64) -> UInt64 {
        var z = value
        z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
        z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
        return z ^ (z >> 31)
    }
}
