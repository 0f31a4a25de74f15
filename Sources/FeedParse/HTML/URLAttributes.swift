/// Which attributes of which HTML elements hold URLs.
enum URLAttributes {
    enum Kind {
        case url
        /// `url descriptor, url descriptor`
        case srcset
    }

    static func kind(element: ShortName, attribute: ShortName) -> Kind? {
        guard let elements = byAttribute[attribute] else { return nil }
        guard elements.isEmpty || elements.contains(element) else { return nil }
        return attribute == srcset ? .srcset : .url
    }

    private static let srcset = ShortName("srcset")

    /// No elements: on any.
    private static let byAttribute: [ShortName: Set<ShortName>] = {
        let table: [(String, String)] = [
            ("href", "a area link base image use"), ("src", ""), ("srcset", "img source"), ("poster", "video"),
            ("cite", "blockquote q del ins"), ("action", "form"), ("formaction", "button input"),
            ("longdesc", "img frame iframe"), ("usemap", "img input object"), ("background", ""),
            ("codebase", "object applet"), ("classid", "object"), ("data", "object"), ("profile", "head"),
            ("dynsrc", "img"), ("lowsrc", "img"), ("xlink:href", ""), ("manifest", "html"),
        ]
        var map: [ShortName: Set<ShortName>] = [:]
        for (attribute, elements) in table {
            map[ShortName(attribute)] = Set(elements.split(separator: " ").map { ShortName(String($0)) })
        }
        return map
    }()
}
