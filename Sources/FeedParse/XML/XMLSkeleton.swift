import FeedModel
import Glibc

/// A document with its character data taken out: what libxml2 is given to parse.
///
/// libxml2 checks and names the markup; of the text between it calls back for each reference and looks at
/// CDATA a character at a time, which costs more than all else. So each run of text and each section stands
/// here as one DEL, in order, and `texts` tells where they are in the document. One pass, with `memchr`.
struct XMLSkeleton {
    struct Text {
        /// In the document.
        var start: Int32
        var end: Int32
        var isCDATA: Bool
    }

    /// What stands for a text: XML allows it, and libxml2 takes it for an ordinary character.
    static let mark: UInt8 = 0x7F

    private(set) var bytes: [UInt8] = []
    private(set) var texts: [Text] = []
    /// Where in the document the start tags are, in order.
    private(set) var tags: [Int32] = []
    /// Where in `bytes` each text has its mark.
    private var marks: [Int32] = []
    private(set) var hasAttributeFlood = false
    /// Elements are nested deeper than libxml2 is to follow: it keeps each that is open.
    private(set) var isTooDeep = false
    /// What is claimed for it.
    private(set) var memory = 0
    private var depth = 0
    private let start: Int
    private let doctype: Range<Int>?

    private static let maximumDepth = 10_000

    /// What a start tag and a text take here, with the room that arrays grow by.
    private static let tagSize = 2 * MemoryLayout<Int32>.stride
    private static let textSize = 2 * (MemoryLayout<Text>.stride + MemoryLayout<Int32>.stride)

    /// The document type, if any, is left out.
    init(_ document: UnsafeBufferPointer<UInt8>, from start: Int, doctype: Range<Int>?, _ meter: ReadingMeter) {
        self.start = start
        self.doctype = doctype
        bytes.reserveCapacity(document.count / 3 + 64)
        tags.reserveCapacity(document.count / 64 + 16)
        texts.reserveCapacity(document.count / 64 + 16)
        marks.reserveCapacity(document.count / 64 + 16)
        var scanner = ByteScanner(document)
        var at = start
        var pieces = 0
        while at < document.count {
            pieces += 1
            if pieces & 0xFFF == 0 {
                guard claim(meter), meter.goesOn(0x1000) else { return }
            }
            let open = scanner.find(UInt8(ascii: "<"), from: at) ?? document.count
            addText(document, at..<open)
            guard open < document.count else { break }
            if let doctype, doctype.lowerBound == open {
                at = doctype.upperBound
                continue
            }
            let end = addMarkup(&scanner, open)
            guard end > open else {
                // What begins no markup, or has no end: libxml2 says what is wrong with it. No more of it is
                // needed, and after an error its search could be long.
                append(document, open..<min(document.count, open + 256))
                break
            }
            at = end
        }
        _ = claim(meter)
    }

    private mutating func claim(_ meter: ReadingMeter) -> Bool {
        let grown =
            bytes.count + tags.count * XMLSkeleton.tagSize + texts.count * XMLSkeleton.textSize - memory
        memory += grown
        return meter.claim(grown)
    }

    /// Where in the document the byte of the skeleton is from.
    func position(_ offset: Int) -> Int {
        // The last mark before it.
        var (low, high) = (0, marks.count)
        while low < high {
            let middle = (low + high) / 2
            if Int(marks[middle]) < offset { low = middle + 1 } else { high = middle }
        }
        guard low > 0 else {
            let position = start + offset
            guard let doctype, position > doctype.lowerBound else { return position }
            return position + doctype.count
        }
        return Int(texts[low - 1].end) + (texts[low - 1].isCDATA ? 3 : 0) + offset - Int(marks[low - 1]) - 1
    }

    private mutating func append(_ document: UnsafeBufferPointer<UInt8>, _ range: Range<Int>) {
        bytes.append(contentsOf: UnsafeBufferPointer(rebasing: document[range]))
    }

    private mutating func add(_ text: Range<Int>, isCDATA: Bool) {
        texts.append(Text(start: Int32(text.lowerBound), end: Int32(text.upperBound), isCDATA: isCDATA))
        marks.append(Int32(bytes.count))
        bytes.append(XMLSkeleton.mark)
    }

    /// Blanks between elements stay as they are: XML allows them where it allows no text.
    private mutating func addText(_ document: UnsafeBufferPointer<UInt8>, _ range: Range<Int>) {
        for at in range {
            switch document[at] {
            case 0x20, 0x09, 0x0A, 0x0D: continue
            default: return add(range, isCDATA: false)
            }
        }
        append(document, range)
    }

    /// Returns where the markup ends, or where it begins if it is not understood.
    private mutating func addMarkup(_ scanner: inout ByteScanner, _ open: Int) -> Int {
        let document = scanner.bytes
        guard open + 1 < document.count else { return open }
        var end = open
        switch document[open + 1] {
        case UInt8(ascii: "/"):
            end = scanner.find(UInt8(ascii: ">"), from: open + 2).map { $0 + 1 } ?? open
            depth -= 1
        case UInt8(ascii: "!"):
            if scanner.matches("<![CDATA[", at: open) {
                guard let end = scanner.findEnd("]]>", from: open + 9) else { return open }
                add(open + 9..<end - 3, isCDATA: true)
                return end
            }
            guard scanner.matches("<!--", at: open) else { return open }
            end = scanner.findEnd("-->", from: open + 4) ?? open
        case UInt8(ascii: "?"):
            end = scanner.findEnd("?>", from: open + 2) ?? open
        default:
            tags.append(Int32(open))
            end = XMLSkeleton.endOfTag(document, open, &hasAttributeFlood) ?? open
            if end > open, document[end - 2] != UInt8(ascii: "/") {
                depth += 1
                if depth > XMLSkeleton.maximumDepth { isTooDeep = true }
            }
        }
        append(document, open..<end)
        return end
    }

    /// Behind the `>` that is not in quotes. libxml2 compares each attribute with each: too many are noticed.
    private static func endOfTag(
        _ document: UnsafeBufferPointer<UInt8>, _ open: Int, _ hasAttributeFlood: inout Bool
    ) -> Int? {
        var at = open + 1
        var attributes = 0
        while at < document.count {
            let byte = document[at]
            at += 1
            switch byte {
            case UInt8(ascii: ">"): return at
            case UInt8(ascii: "<"): return nil
            case UInt8(ascii: "\""), UInt8(ascii: "'"):
                attributes += 1
                if attributes > XMLPrologue.maximumAttributes { hasAttributeFlood = true }
                while at < document.count, document[at] != byte { at += 1 }
                at += 1
            default: break
            }
        }
        return nil
    }
}
