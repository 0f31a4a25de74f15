import FeedModel

/// Elements as the trees that `extensions` holds.
enum ExtensionReader {
    static func tree(of element: XMLElement) -> Extensions.Element {
        var out = Extensions.Element(value: element.hasChildElements ? element.ownText : element.text)
        for one in element.attributes {
            let name = element.tree.names[Int(one.name)]
            out.attributes.append(
                (
                    name.prefix.isEmpty ? name.local : "\(attributePrefix(name)):\(name.local)",
                    element.tree.string(one.start, one.count)
                ))
        }
        for child in element.children {
            out.children.append(tree(of: child), prefix: child.name.extensionPrefix, name: child.name.local)
        }
        return out
    }

    private static func attributePrefix(_ name: XMLName) -> String {
        name.namespace == .other || name.namespace == .core ? name.prefix : name.extensionPrefix
    }
}
