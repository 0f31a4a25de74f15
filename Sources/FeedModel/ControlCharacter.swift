/// Characters that act on what shows a text (terminals, editors, logs) rather than being part of what it says.
public enum ControlCharacter {
    /// C0, line ends and tabs included, DEL and C1.
    public static func isControl(_ value: UInt32) -> Bool { value < 0x20 || (0x7F..<0xA0).contains(value) }

    /// What turns the direction of a text around (UAX #9), so that it can be shown as another than it is.
    public static func isDirection(_ value: UInt32) -> Bool {
        switch value {
        case 0x061C, 0x200E, 0x200F, 0x202A...0x202E, 0x2066...0x2069: true
        default: false
        }
    }

    /// The character beyond ASCII that begins at a byte, if it is C1, one of direction, or ends a line or paragraph
    /// (U+2028, U+2029).
    @inline(__always)
    public static func wide(
        in text: UnsafeBufferPointer<UInt8>, at index: Int
    ) -> (value: UInt32, length: Int)? {
        guard index + 1 < text.count else { return nil }
        let second = text[index + 1]
        switch text[index] {
        case 0xC2: return second < 0xA0 ? (UInt32(second), 2) : nil
        case 0xD8: return second == 0x9C ? (0x061C, 2) : nil
        case 0xE2:
            guard second <= 0x81, index + 2 < text.count else { return nil }
            let third = text[index + 2]
            switch (second, third) {
            case (0x80, 0x8E...0x8F), (0x80, 0xA8...0xAE), (0x81, 0xA6...0xA9):
                return (0x2000 | UInt32(second & 0x3F) << 6 | UInt32(third & 0x3F), 3)
            default: return nil
            }
        default: return nil
        }
    }
}

extension String {
    /// Without control characters and those of direction; what ends a line is a space.
    ///
    /// - Parameter keepsLines: line feeds stay.
    public func harmless(keepsLines: Bool = false) -> String {
        // Most texts are as they should be.
        if utf8.allSatisfy({ (0x20..<0x7F).contains($0) }) { return self }
        var scalars = UnicodeScalarView()
        for scalar in unicodeScalars {
            switch scalar.value {
            case 0x0A where keepsLines: scalars.append(scalar)
            case 0x09, 0x0A, 0x0D, 0x2028, 0x2029: scalars.append(" ")
            case let value where ControlCharacter.isControl(value) || ControlCharacter.isDirection(value): break
            default: scalars.append(scalar)
            }
        }
        return String(scalars)
    }
}
