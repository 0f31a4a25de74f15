import FeedModel

/// Inline markup of an XML document as a piece of HTML source.
///
/// XHTML and unqualified elements lose their prefix, SVG and MathML bear their namespace where they begin,
/// other vocabularies keep their prefix and declare it. URLs are resolved against the scope.
struct MarkupWriter {
    private(set) var bytes: [UInt8] = []
    private let meter: ReadingMeter

    private init(_ meter: ReadingMeter) { self.meter = meter }

    static func inner(of element: XMLElement, scope: Scope) -> String {
        var writer = MarkupWriter(scope.meter)
        writer.content(of: element, scope: scope, parentURI: "")
        return writer.bytes.withUnsafeBufferPointer { String(validUTF8: $0.trimmingBlanks()) }
    }

    private mutating func content(of element: XMLElement, scope: Scope, parentURI: String) {
        for item in element.content {
            switch item {
            case .text(let text): escape(text, inAttribute: false)
            case .element(let child): write(child, scope: scope.inside(child), parentURI: parentURI)
            }
        }
    }

    private mutating func write(_ element: XMLElement, scope: Scope, parentURI: String) {
        // Namespaces and bases are written out wherever they are needed: short elements can become long.
        let before = bytes.count
        guard meter.goesOn(4) else { return }
        let name = element.name
        let isForeign = name.namespace == .other || !name.prefix.isEmpty && !isPlain(name.namespace)
        let tag = isForeign && !name.prefix.isEmpty ? "\(name.prefix):\(name.local)" : name.local
        bytes.append(UInt8(ascii: "<"))
        bytes.append(contentsOf: tag.utf8)
        if name.uri != parentURI, !name.uri.isEmpty, isForeign || name.namespace == .svg || name.namespace == .mathml {
            let declaration = isForeign && !name.prefix.isEmpty ? " xmlns:\(name.prefix)=\"" : " xmlns=\""
            bytes.append(contentsOf: declaration.utf8)
            escape(Array(name.uri.utf8)[...], inAttribute: true)
            bytes.append(UInt8(ascii: "\""))
        }
        let elementName = ShortName(name.local)
        for one in element.attributes { attribute(one, of: elementName, in: element.tree, scope: scope) }
        guard meter.claim(bytes.count - before) else { return }
        if element.isEmpty {
            bytes.append(
                contentsOf: (MarkupWriter.voidElements.contains(elementName) || !isPlain(name.namespace)
                    ? "/>" : "></\(tag)>").utf8)
            return
        }
        bytes.append(UInt8(ascii: ">"))
        content(of: element, scope: scope, parentURI: name.uri)
        bytes.append(contentsOf: "</\(tag)>".utf8)
    }

    private mutating func attribute(_ one: XMLTree.Attribute, of element: ShortName, in tree: XMLTree, scope: Scope) {
        let name = tree.names[Int(one.name)]
        if name.namespace == .xml {
            guard name.tag == .lang else { return }
        }
        let written = name.prefix.isEmpty || name.namespace == .xml ? name.local : "\(name.prefix):\(name.local)"
        bytes.append(UInt8(ascii: " "))
        bytes.append(contentsOf: written.utf8)
        bytes.append(contentsOf: "=\"".utf8)
        let value = tree.bytes(one.start, one.count)
        if let kind = URLAttributes.kind(element: element, attribute: ShortName(written)), let base = scope.base,
            !value.isEmpty
        {
            let text = String(decoding: value, as: UTF8.self)
            let resolved = kind == .url ? HTMLLinks.reference(text, base) : HTMLLinks.srcset(text, base)
            escape(Array((resolved ?? text).utf8)[...], inAttribute: true)
        } else {
            escape(value, inAttribute: true)
        }
        bytes.append(UInt8(ascii: "\""))
    }

    private func isPlain(_ namespace: Namespace) -> Bool {
        switch namespace {
        case .xhtml, .core, .atom, .atom03, .svg, .mathml: true
        default: false
        }
    }

    private mutating func escape(_ text: ArraySlice<UInt8>, inAttribute: Bool) {
        MarkupWriter.escape(text, inAttribute: inAttribute, to: &bytes)
    }

    static func escape(_ text: some Sequence<UInt8>, inAttribute: Bool, to bytes: inout [UInt8]) {
        for byte in text {
            switch byte {
            case UInt8(ascii: "&"): bytes.append(contentsOf: "&amp;".utf8)
            case UInt8(ascii: "<"): bytes.append(contentsOf: "&lt;".utf8)
            case UInt8(ascii: ">"): bytes.append(contentsOf: "&gt;".utf8)
            case UInt8(ascii: "\"") where inAttribute: bytes.append(contentsOf: "&quot;".utf8)
            default: bytes.append(byte)
            }
        }
    }

    private static let voidElements: Set<ShortName> = Set(
        "area base br col embed hr img input link meta param source track wbr".split(separator: " ").map {
            ShortName(String($0))
        })
}
