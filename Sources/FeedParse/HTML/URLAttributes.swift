/// Which attributes of which HTML elements hold URLs.
enum URLAttributes {
    enum Kind {
        case url
        /// `url descriptor, url descriptor`
        case srcset
    }

    static func kind(element: ShortName, attribute: ShortName) -> Kind? {
        guard let one = byAttribute[attribute] else { return nil }
        guard one.elements.isEmpty || one.elements.contains(element) else { return nil }
        return one.kind
    }

    /// No elements: on any.
    private static let byAttribute: NameTable<(kind: Kind, elements: [ShortName])> = {
        let table: [(String, String)] = [
            ("href", "a area link base image use"), ("src", ""), ("srcset", "img source"), ("poster", "video"),
            ("cite", "blockquote q del ins"), ("action", "form"), ("formaction", "button input"),
            ("longdesc", "img frame iframe"), ("usemap", "img input object"), ("background", ""),
            ("codebase", "object applet"), ("classid", "object"), ("data", "object"), ("profile", "head"),
            ("dynsrc", "img"), ("lowsrc", "img"), ("xlink:href", ""), ("manifest", "html"),
        ]
        return NameTable(
            table.map { attribute, elements in
                let kind: Kind = attribute == "srcset" ? .srcset : .url
                return (ShortName(attribute), (kind, elements.split(separator: " ").map { ShortName(String($0)) }))
            })
    }()
}
