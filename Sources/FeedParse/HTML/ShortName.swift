/// A short ASCII name, lower case, in one word: element and attribute names compare as integers.
struct ShortName: Hashable, Sendable {
    private(set) var low: UInt64 = 0
    private(set) var high: UInt64 = 0

    /// Longer than 16 bytes is no name that anything here knows: it equals no literal.
    init(_ bytes: Slice<UnsafeBufferPointer<UInt8>>) { self.init(UnsafeBufferPointer(rebasing: bytes)) }

    init(_ bytes: UnsafeBufferPointer<UInt8>) {
        guard let base = bytes.baseAddress, bytes.count <= 16 else {
            if bytes.count > 16 { (low, high) = (.max, .max) }
            return
        }
        low = ShortName.lowercased(ShortName.word(base, min(8, bytes.count)))
        if bytes.count > 8 { high = ShortName.lowercased(ShortName.word(base + 8, bytes.count - 8)) }
    }

    init(_ literal: StaticString) {
        self.init(UnsafeBufferPointer(start: literal.utf8Start, count: literal.utf8CodeUnitCount))
    }

    init(_ string: String) {
        var string = string
        self = string.withUTF8 { ShortName($0) }
    }

    /// Up to eight bytes as one word, zeros behind them.
    private static func word(_ base: UnsafePointer<UInt8>, _ count: Int) -> UInt64 {
        let raw = UnsafeRawPointer(base)
        switch count {
        case 8: return UInt64(littleEndian: raw.loadUnaligned(as: UInt64.self))
        case 4...:
            // Two halves that overlap.
            let first = UInt64(UInt32(littleEndian: raw.loadUnaligned(as: UInt32.self)))
            let last = UInt64(UInt32(littleEndian: raw.loadUnaligned(fromByteOffset: count - 4, as: UInt32.self)))
            return first | last << UInt64((count - 4) * 8)
        default:
            var word: UInt64 = 0
            for index in 0..<count { word |= UInt64(base[index]) << UInt64(index * 8) }
            return word
        }
    }

    /// Eight bytes at a time: those from `A` to `Z` get the bit that makes them small.
    private static func lowercased(_ word: UInt64) -> UInt64 {
        let low = word & 0x7F7F_7F7F_7F7F_7F7F
        let fromA = low &+ 0x3F3F_3F3F_3F3F_3F3F
        let afterZ = low &+ 0x2525_2525_2525_2525
        return word | ((fromA & ~afterZ & ~word & 0x8080_8080_8080_8080) >> 2)
    }
}

/// What is known of names: a dictionary without a hash function worth the name, for a few dozen keys that are
/// looked up for every tag and attribute.
struct NameTable<Value: Sendable>: Sendable {
    private var slots: [(name: ShortName, value: Value)?]

    init(_ values: some Sequence<(ShortName, Value)>) {
        let values = Array(values)
        var size = 16
        while size < values.count * 3 { size *= 2 }
        slots = Array(repeating: nil, count: size)
        for (name, value) in values {
            var slot = NameTable.slot(name, size)
            while let other = slots[slot], other.name != name { slot = (slot + 1) & (size - 1) }
            slots[slot] = (name, value)
        }
    }

    subscript(name: ShortName) -> Value? {
        var slot = NameTable.slot(name, slots.count)
        while let one = slots[slot] {
            if one.name == name { return one.value }
            slot = (slot + 1) & (slots.count - 1)
        }
        return nil
    }

    private static func slot(_ name: ShortName, _ size: Int) -> Int {
        let mixed = (name.low ^ (name.high &* 0x9E37_79B9_7F4A_7C15)) &* 0xD6E8_FEB8_6659_FD93
        return Int(truncatingIfNeeded: mixed >> 40) & (size - 1)
    }
}

/// A set of a few dozen names.
struct NameSet: Sendable {
    private let table: NameTable<Bool>

    /// Names with blanks between.
    init(_ names: String) {
        table = NameTable(names.split(separator: " ").map { (ShortName(String($0)), true) })
    }

    func contains(_ name: ShortName) -> Bool { table[name] != nil }
}
