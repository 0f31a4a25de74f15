import FeedModel

/// The blocks of buttons that feed services and plugins put under every entry: furniture, no text of the
/// publisher's. They are known by their class.
enum ShareBlock {
    /// A block ends the line before it, whether it is shown or not.
    static let standsFor = ShortName("div")

    private static let classes: [[UInt8]] = [
        "feedflare", "sharedaddy", "sd-sharing-enabled", "jp-relatedposts", "addtoany_share_save_container",
        "addtoany_content",
        "addtoany_share_save", "a2a_dd", "a2a_kit", "sharethis-inline-share-buttons", "shareaholic-canvas", "ssba-wrap",
        "heateor_sss_sharing_container", "wpusb", "social-share-buttons", "share-buttons", "post-share-buttons",
    ].map { Array($0.utf8) }

    /// Whether a tag with these attributes begins such a block.
    static func begins(_ bytes: UnsafeBufferPointer<UInt8>, _ range: Range<Int>) -> Bool {
        guard range.count > 12 else { return false }
        var attributes = HTMLAttributes(bytes, range)
        while let attribute = attributes.next() {
            guard attribute.name.count == 5,
                bytes[attribute.name].lazy.map(\.asciiLowercased).elementsEqual("class".utf8)
            else { continue }
            return bytes[attribute.value].split(whereSeparator: \.isXMLSpace).contains { word in
                classes.contains { word.elementsEqual($0) }
            }
        }
        return false
    }

    /// Passes over blocks to their ends.
    struct Search {
        /// No block of buttons is larger, and no text has many that are never closed: those must not be read to the end
        /// each.
        private static let maximumTokens = 500
        private var unclosed = 0
        private static let maximumUnclosed = 16

        /// Passes everything up to the end tag of the element that has just begun. One that is not closed soon is passed
        /// over by nothing.
        mutating func skip(_ name: ShortName, _ tokens: inout HTMLTokenizer) {
            guard unclosed < Search.maximumUnclosed else { return }
            let start = tokens
            var depth = 1
            for _ in 0..<Search.maximumTokens {
                guard let token = tokens.next() else { break }
                switch token {
                case .startTag(let other, _, let isSelfClosing)
                where !isSelfClosing && ShortName(tokens.bytes[other]) == name:
                    depth += 1
                case .endTag(let other) where ShortName(tokens.bytes[other]) == name:
                    depth -= 1
                    if depth == 0 { return }
                default: break
                }
            }
            unclosed += 1
            tokens = start
        }
    }
}
