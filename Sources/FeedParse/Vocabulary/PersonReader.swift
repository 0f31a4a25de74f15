import FeedModel

/// People as feeds name them.
enum PersonReader {
    /// A longer text is not taken apart.
    private static let maximumLength = 2000

    /// `mail (Name)`, `Name <mail>`, `Name (mail)`, a mail address or a name.
    static func parse(_ text: String) -> Person? {
        guard let text = text.trimmed else { return nil }
        guard text.utf8.count <= maximumLength, let mail = mailAddress(in: text) else {
            return Person(name: PlainText.folded(text))
        }
        var rest = text
        rest.removeSubrange(mail)
        let name = PlainText.folded(
            rest.replacing("mailto:", with: "").replacing("()", with: "").replacing("<>", with: "")
                .replacing("&lt;&gt;", with: "").replacing("[]", with: ""))
        var bare = name[...]
        if bare.hasPrefix("("), bare.hasSuffix(")") { bare = bare.dropFirst().dropLast() }
        if bare.count > 1, bare.hasPrefix("\""), bare.hasSuffix("\"") { bare = bare.dropFirst().dropLast() }
        return Person(name: trimmedName(String(bare)), email: String(text[mail]))
    }

    private static func mailAddress(_ text: String) -> String {
        text.utf8.count <= maximumLength ? text.replacing("mailto:", with: "") : text
    }

    private static func trimmedName(_ text: String) -> String? {
        var view = Substring(text)
        while let last = view.last, last == "," || last == "-" || last.isWhitespace { view.removeLast() }
        while let first = view.first, first == "," || first == "-" || first.isWhitespace { view.removeFirst() }
        return view.isEmpty ? nil : String(view)
    }

    /// `local@host.tld`, with what characters feeds use in them.
    private static func mailAddress(in text: String) -> Range<String.Index>? {
        let view = text.utf8
        guard let at = view.firstIndex(of: UInt8(ascii: "@")) else { return nil }
        var start = at
        while start > view.startIndex {
            let before = view.index(before: start)
            guard isLocalPart(view[before]) else { break }
            start = before
        }
        var end = view.index(after: at)
        var hasDot = false
        while end < view.endIndex, isHost(view[end]) {
            hasDot = hasDot || view[end] == UInt8(ascii: ".")
            end = view.index(after: end)
        }
        while end > view.index(after: at), view[view.index(before: end)] == UInt8(ascii: ".") {
            end = view.index(before: end)
        }
        guard start < at, end > view.index(after: at), hasDot else { return nil }
        return start..<end
    }

    private static func isLocalPart(_ byte: UInt8) -> Bool {
        byte.isASCIILetter || byte.isASCIIDigit || "._%+-!#$&'*/=?^`{|}~".utf8.contains(byte)
    }

    private static func isHost(_ byte: UInt8) -> Bool {
        byte.isASCIILetter || byte.isASCIIDigit || byte == UInt8(ascii: ".") || byte == UInt8(ascii: "-")
    }

    /// Atom's person construct (RFC 4287, 3.2), in any namespace; without child elements, RSS's text.
    static func read(_ element: XMLElement, _ scope: Scope) -> Person? {
        guard element.hasChildElements else { return element.text.flatMap(parse) }
        var person = Person()
        let inner = scope.inside(element)
        for child in element.children {
            switch child.tag {
            case .name, .title, .displayname: person.name = person.name ?? child.text.map(PlainText.folded)
            case .email, .mbox: person.email = person.email ?? child.text.map(mailAddress)
            case .uri, .url, .homepage, .link:
                person.uri = person.uri ?? inner.resolve(child.text ?? child.attribute(.href))
            default: break
            }
        }
        if person.name == nil, let own = element.ownText.flatMap(parse) {
            person.name = own.name
            person.email = person.email ?? own.email
        }
        // `<name>me@example.com</name>`, `<name>me (me@example.com)</name>`
        if person.email == nil, let name = person.name, name.utf8.contains(UInt8(ascii: "@")), let parsed = parse(name),
            parsed.email != nil,
            parsed.name != nil
        {
            person.name = parsed.name
            person.email = parsed.email
        }
        return person.isEmpty ? nil : person
    }
}
