import FeedModel

/// Elements as the trees that `extensions` holds.
struct ExtensionReader {
    private let meter: ReadingMeter
    /// How many elements more.
    private var room = ExtensionReader.room

    /// Far more than any entry or channel has.
    static let room = 16_384

    /// What an element takes besides its texts: itself, its name, its place in two lists.
    static let size = 200

    init(_ meter: ReadingMeter) { self.meter = meter }

    var hasRoom: Bool { room > 0 }

    mutating func tree(of element: XMLElement, _ scope: Scope) -> Extensions.Element {
        room -= 1
        var out = Extensions.Element(value: element.hasChildElements ? element.ownText : element.text)
        guard meter.goesOn(8), meter.claim(ExtensionReader.size + (out.value?.utf8.count ?? 0)) else { return out }
        // All that this vocabulary says are addresses.
        if element.namespace == .wfw { out.value = scope.inside(element).resolve(out.value) ?? out.value }
        for one in element.attributes {
            let name = element.tree.names[Int(one.name)]
            out.attributes.append(
                (
                    name.prefix.isEmpty ? name.local : "\(ExtensionReader.attributePrefix(name)):\(name.local)",
                    element.tree.string(one.start, one.count)
                ))
            guard meter.claim(ExtensionReader.size / 2 + Int(one.count)) else { return out }
        }
        var names = NamesInUse()
        for child in element.children where names.admit(child.nameIndex) && hasRoom {
            let name = child.name
            guard meter.goesOn(ExtensionReader.steps(beside: out.children, name)) else { break }
            out.children.append(tree(of: child, scope), prefix: name.extensionPrefix, name: name.local)
        }
        return out
    }

    /// Each name is compared with those before it.
    static func steps(beside extensions: Extensions, _ name: XMLName) -> Int {
        1 + extensions.named.count * (1 + name.local.utf8.count / 16)
    }

    private static func attributePrefix(_ name: XMLName) -> String {
        name.namespace == .other || name.namespace == .core ? name.prefix : name.extensionPrefix
    }
}

/// The names of the elements in one place, of which there may only be so many: they are compared with
/// each other.
struct NamesInUse {
    private var names: [Int32] = []
    private static let maximum = 256

    /// Whether there is room for one more of this name.
    mutating func admit(_ name: Int32) -> Bool {
        if names.contains(name) { return true }
        guard names.count < NamesInUse.maximum else { return false }
        names.append(name)
        return true
    }
}
