import FeedModel

/// Elements as the trees that `extensions` holds.
enum ExtensionReader {
    static func tree(of element: XMLElement, _ scope: Scope) -> Extensions.Element {
        var out = Extensions.Element(value: element.hasChildElements ? element.ownText : element.text)
        // All that this vocabulary says are addresses.
        if element.namespace == .wfw { out.value = scope.inside(element).resolve(out.value) ?? out.value }
        for one in element.attributes {
            let name = element.tree.names[Int(one.name)]
            out.attributes.append(
                (
                    name.prefix.isEmpty ? name.local : "\(attributePrefix(name)):\(name.local)",
                    element.tree.string(one.start, one.count)
                ))
        }
        for child in element.children {
            out.children.append(tree(of: child, scope), prefix: child.name.extensionPrefix, name: child.name.local)
        }
        return out
    }

    private static func attributePrefix(_ name: XMLName) -> String {
        name.namespace == .other || name.namespace == .core ? name.prefix : name.extensionPrefix
    }
}
