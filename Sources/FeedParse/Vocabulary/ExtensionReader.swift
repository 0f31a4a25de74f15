import FeedModel

/// Elements as the trees that `extensions` holds.
struct ExtensionReader {
    /// How many elements more: far more than any entry or channel has.
    private var room = 16_384

    var hasRoom: Bool { room > 0 }

    mutating func tree(of element: XMLElement, _ scope: Scope) -> Extensions.Element {
        room -= 1
        var out = Extensions.Element(value: element.hasChildElements ? element.ownText : element.text)
        // All that this vocabulary says are addresses.
        if element.namespace == .wfw { out.value = scope.inside(element).resolve(out.value) ?? out.value }
        for one in element.attributes {
            let name = element.tree.names[Int(one.name)]
            out.attributes.append(
                (
                    name.prefix.isEmpty ? name.local : "\(ExtensionReader.attributePrefix(name)):\(name.local)",
                    element.tree.string(one.start, one.count)
                ))
        }
        var names = NamesInUse()
        for child in element.children where names.admit(child.nameIndex) && hasRoom {
            out.children.append(tree(of: child, scope), prefix: child.name.extensionPrefix, name: child.name.local)
        }
        return out
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
