import Glibc

/// How the column `text` of `content` holds a plain text: not at all where it is the body to the letter; as pieces of the
/// body where that is shorter; else as it is.
///
/// Pieces are a JSON array behind a space, with which no plain text begins. A string is itself. A number is bytes of the
/// body, the first one's place (from 1) times 4096 and how many; below zero, with a line end before them. Every SQLite can
/// put them together again: `sql`.
public struct KeptText: Hashable, Sendable {
    let column: String?

    /// Takes some 10 µs for an article of 3 KB: better done before the writer's time is taken.
    public init(_ text: String, body: String?) {
        guard var body else {
            column = text
            return
        }
        var text = text
        let isBody = text.utf8.count == body.utf8.count && text.utf8.elementsEqual(body.utf8)
        let pieces = isBody ? nil : text.withUTF8 { text in body.withUTF8 { Pieces.json(of: text, in: $0) } }
        column = isBody ? nil : pieces ?? text
    }

    /// The plain text in a query where the content is called `c`. Pieces that cannot be read, of a damaged archive, are taken
    /// for the text, so that the row can be read and its hash tells.
    static let sql = sql(where: "json_valid(c.text)")

    /// The same for views. Functions that SQLite 3.40 does not take for innocuous would make them of no use to readers that
    /// do not trust the schema (`PRAGMA trusted_schema = OFF`).
    static let sqlOfViews = sql(where: "TRUE")

    private static func sql(where isSound: String) -> String {
        """
        CASE WHEN substr(c.text, 1, 1) = ' ' AND \(isSound) THEN (SELECT group_concat(CASE j.type \
        WHEN 'integer' THEN CASE WHEN j.value < 0 THEN char(10) ELSE '' END \
        || substr(CAST(c.body AS BLOB), abs(j.value) >> 12, abs(j.value) & 4095) ELSE j.value END, '') \
        FROM json_each(c.text) j) ELSE coalesce(c.text, c.body) END
        """
    }
}

/// A text in a walk along the markup that it was made of.
private struct Pieces {
    private let text: UnsafeBufferPointer<UInt8>
    private let body: UnsafeBufferPointer<UInt8>
    private var out: [UInt8] = [UInt8(ascii: " "), UInt8(ascii: "[")]
    private var count = 0
    /// Where in the text the string begins that is not written yet.
    private var open = 0
    private var at = 0
    private var place = 0
    private var failures = 0
    /// No tag ends any more: looking for that at every bracket would take for ever.
    private var isBehindTags = false

    /// A shorter piece would take more as a number than as a string.
    private static let shortest = 8
    private static let longest = 0xFFF
    /// What is looked for where text and body part without a tag.
    private static let needle = 12
    private static let haystack = 4096
    /// Who reads a piece walks through the whole body.
    private static let mostWork = 4 << 20
    private static let mostFailures = 64

    /// `nil` where the text is not of this body, or as long in pieces as it is.
    static func json(of text: UnsafeBufferPointer<UInt8>, in body: UnsafeBufferPointer<UInt8>) -> String? {
        // Of a string, `json_each` gives no more than stands before a NUL.
        guard text.count > 2 * shortest, body.count < 1 << 32, !text.contains(0) else { return nil }
        var pieces = Pieces(text: text, body: body)
        return pieces.json()
    }

    private init(text: UnsafeBufferPointer<UInt8>, body: UnsafeBufferPointer<UInt8>) {
        self.text = text
        self.body = body
        out.reserveCapacity(min(text.count, 512))
    }

    private mutating func json() -> String? {
        while at < text.count {
            if let end = reference() {
                at = endOfCharacter(at)
                place = end
                continue
            }
            let run = commonRun()
            if run > 0 {
                take(run)
            } else if !resynchronize() {
                return nil
            }
            if out.count > text.count || count * body.count > Pieces.mostWork { return nil }
        }
        closeString()
        out[out.count - 1] = UInt8(ascii: "]")
        return out.count < text.count ? String(decoding: out, as: UTF8.self) : nil
    }

    private mutating func take(_ run: Int) {
        if run >= Pieces.shortest {
            let follows = at == open + 1 && text[open] == UInt8(ascii: "\n")
            if !follows { closeString() }
            var taken = 0
            while taken < run {
                // A piece may end within a character: together they are whole.
                let length = min(run - taken, Pieces.longest)
                let number = (place + 1 + taken) << 12 | length
                out.append(contentsOf: String(follows && taken == 0 ? -number : number).utf8)
                out.append(UInt8(ascii: ","))
                count += 1
                taken += length
            }
            open = at + run
        }
        at += run
        place += run
    }

    private mutating func closeString() {
        guard open < at else { return }
        let string = UnsafeBufferPointer(rebasing: text[open..<at])
        out.append(UInt8(ascii: "\""))
        for byte in string {
            switch byte {
            case UInt8(ascii: "\""), UInt8(ascii: "\\"): out += [UInt8(ascii: "\\"), byte]
            case UInt8(ascii: "\n"): out += [UInt8(ascii: "\\"), UInt8(ascii: "n")]
            case 0..<0x20: out += Array("\\u00\(byte < 16 ? "0" : "")\(String(byte, radix: 16))".utf8)
            default: out.append(byte)
            }
        }
        out += [UInt8(ascii: "\""), UInt8(ascii: ",")]
        count += 1
        open = at
    }

    /// How far text and body agree from here on, up to the next ampersand, in whole characters.
    private func commonRun() -> Int {
        let most = min(text.count - at, body.count - place)
        var run = 0
        while run < most, text[at + run] == body[place + run], run == 0 || body[place + run] != UInt8(ascii: "&") {
            run += 1
        }
        while run > 0, at + run < text.count, text[at + run] & 0xC0 == 0x80 { run -= 1 }
        return run
    }

    /// Where a character reference ends that begins here.
    private func reference() -> Int? {
        guard place < body.count, body[place] == UInt8(ascii: "&") else { return nil }
        for end in (place + 1)..<min(place + 12, body.count) {
            switch body[end] {
            case UInt8(ascii: ";"): return end > place + 1 ? end + 1 : nil
            case UInt8(ascii: "#"), UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                UInt8(ascii: "a")...UInt8(ascii: "z"):
                continue
            default: return nil
            }
        }
        return nil
    }

    private func endOfCharacter(_ start: Int) -> Int {
        var end = start + 1
        while end < text.count, text[end] & 0xC0 == 0x80 { end += 1 }
        return end
    }

    /// Goes on where they may agree again; false where that is not to be found.
    private mutating func resynchronize() -> Bool {
        let isSpace = text[at] == UInt8(ascii: " ") || text[at] == UInt8(ascii: "\n")
        if place < body.count {
            switch body[place] {
            case UInt8(ascii: "<"):
                if !isBehindTags, let end = body[place...].firstIndex(of: UInt8(ascii: ">")) {
                    place = end + 1
                    return true
                }
                isBehindTags = true
            case UInt8(ascii: " "), UInt8(ascii: "\n"), UInt8(ascii: "\r"), UInt8(ascii: "\t"):
                place += 1
                if isSpace { at += 1 }
                return true
            default: break
            }
        }
        if !isSpace {
            let needle = text[at..<min(at + Pieces.needle, text.count)]
            if let found = find(needle, within: Pieces.haystack) {
                place = found
                return true
            }
            failures += 1
        }
        at = endOfCharacter(at)
        return failures <= Pieces.mostFailures
    }

    private func find(_ needle: Slice<UnsafeBufferPointer<UInt8>>, within length: Int) -> Int? {
        guard let first = needle.first, let text = UnsafeBufferPointer(rebasing: needle).baseAddress,
            let base = body.baseAddress
        else { return nil }
        // Behind it there is no room for the needle.
        let end = min(place + length, body.count) - needle.count + 1
        var from = place
        while from < end, let found = memchr(base + from, CInt(first), end - from) {
            let candidate = found.assumingMemoryBound(to: UInt8.self)
            if memcmp(candidate, text, needle.count) == 0 { return candidate - UnsafeMutablePointer(mutating: base) }
            from = candidate - UnsafeMutablePointer(mutating: base) + 1
        }
        return nil
    }
}
