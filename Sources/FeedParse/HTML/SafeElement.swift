/// An element that readers need and that can do no harm.
struct SafeElement: Sendable {
    enum RawContent: Sendable {
        case dropped(StaticString)
        /// Shown, without the tags.
        case text(StaticString)
        /// Shown with them: what stands between them is text however it is read.
        case textInTags(StaticString)
    }

    enum URLKind: Sendable { case link, image, media, imageCandidates }

    var name: String
    var shortName: ShortName
    var isVoid: Bool
    var attributes: NameSet
    /// Open elements that this one ends, unless a boundary stands between.
    var closes: [(closed: NameSet, boundaries: NameSet)]

    private static func names(_ list: String) -> NameSet { NameSet(list) }

    static let noscript = ShortName("noscript")

    static let globalAttributes = names("title lang dir")

    static let urlAttributes = NameTable<URLKind>([
        (ShortName("href"), .link), (ShortName("cite"), .link), (ShortName("src"), .media),
        (ShortName("poster"), .image),
        (ShortName("srcset"), .imageCandidates),
    ])

    /// Elements whose content a browser does not read as markup.
    static let rawContent = NameTable<RawContent>([
        (ShortName("script"), .dropped("script")), (ShortName("style"), .dropped("style")),
        (ShortName("applet"), .dropped("applet")),
        (ShortName("textarea"), .textInTags("textarea")), (ShortName("xmp"), .text("xmp")),
        (ShortName("title"), .text("title")),
        (ShortName("plaintext"), .text("plaintext")),
    ])

    static let byName: NameTable<SafeElement> = {
        let table: [(String, String)] = [
            ("a", "href hreflang type rel"), ("abbr", ""), ("acronym", ""), ("address", ""), ("article", ""),
            ("aside", ""),
            ("button", ""), ("datalist", ""), ("dialog", ""), ("fieldset", ""), ("form", ""), ("input", ""),
            ("keygen", ""),
            ("label", ""), ("legend", ""), ("map", ""), ("multicol", ""), ("optgroup", ""), ("option", ""),
            ("output", ""),
            ("select", ""), ("spacer", ""),
            ("audio", "src controls loop muted preload"), ("b", ""), ("bdi", ""), ("bdo", ""), ("big", ""),
            ("blockquote", "cite"), ("br", ""), ("caption", "align"), ("center", ""), ("cite", ""), ("code", ""),
            ("col", "span align valign width"), ("colgroup", "span align valign width"), ("data", "value"), ("dd", ""),
            ("del", "cite datetime"), ("details", "open"), ("dfn", ""), ("dir", ""), ("div", "align"), ("dl", ""),
            ("dt", ""),
            ("em", ""), ("figcaption", ""), ("figure", ""), ("font", "color face size"), ("footer", ""),
            ("h1", "align"),
            ("h2", "align"), ("h3", "align"), ("h4", "align"), ("h5", "align"), ("h6", "align"), ("header", ""),
            ("hr", "align width size"), ("i", ""),
            ("img", "src srcset sizes alt width height align border hspace vspace loading decoding"),
            ("ins", "cite datetime"), ("kbd", ""), ("li", "value type"), ("main", ""), ("mark", ""), ("menu", ""),
            ("meter", "value min max low high optimum"), ("nav", ""), ("ol", "start type reversed"), ("p", "align"),
            ("picture", ""), ("pre", ""), ("progress", "value max"), ("q", "cite"), ("rb", ""), ("rp", ""), ("rt", ""),
            ("rtc", ""),
            ("ruby", ""), ("s", ""), ("samp", ""), ("section", ""), ("small", ""),
            ("source", "src srcset sizes type media"),
            ("span", ""), ("strike", ""), ("strong", ""), ("sub", ""), ("summary", ""), ("sup", ""),
            ("table", "border cellpadding cellspacing width align summary"), ("tbody", "align valign"),
            ("td", "colspan rowspan headers abbr align valign width height"), ("tfoot", "align valign"),
            ("th", "colspan rowspan headers scope abbr align valign width height"), ("thead", "align valign"),
            ("time", "datetime"), ("tr", "align valign"), ("track", "src kind srclang label default"), ("tt", ""),
            ("u", ""),
            ("ul", "type"), ("var", ""), ("video", "src poster controls loop muted preload width height"), ("wbr", ""),
        ]
        return NameTable(
            table.map { name, attributes in
                let short = ShortName(name)
                let element = SafeElement(
                    name: name, shortName: short, isVoid: voidElements.contains(short), attributes: names(attributes),
                    closes: closes(short))
                return (short, element)
            })
    }()

    private static let voidElements = names("br col hr img input keygen source track wbr")

    private static let blocks = names(
        """
        address article aside blockquote center details dir div dl figcaption figure footer h1 h2 h3 h4 h5 h6 header \
        hr main menu nav ol p pre section summary table ul li dt dd
        """)

    private static func closes(_ name: ShortName) -> [(closed: NameSet, boundaries: NameSet)] {
        let table = names("table")
        var out: [(closed: NameSet, boundaries: NameSet)] = []
        if blocks.contains(name) { out.append((names("p"), names("table caption td th button"))) }
        switch name {
        case ShortName("li"): out.append((names("li"), names("ul ol menu dir table td th")))
        case ShortName("dt"), ShortName("dd"): out.append((names("dt dd"), names("dl table td th")))
        case ShortName("td"), ShortName("th"): out.append((names("td th"), names("tr table")))
        case ShortName("tr"):
            out.append((names("td th"), names("tr table")))
            out.append((names("tr"), table))
        case ShortName("tbody"), ShortName("thead"), ShortName("tfoot"):
            out.append((names("caption tbody thead tfoot"), table))
        case ShortName("a"): out.append((names("a"), names("table td th")))
        default: break
        }
        return out
    }
}
