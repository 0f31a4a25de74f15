import FeedModel

/// The types of the configuration's values. Each gives the value, or says what is wrong with it in words
/// that follow the key's name.
extension YAMLNode {
    /// What the user wrote, for a message about its type.
    var described: String {
        switch content {
        case .mapping: "a mapping"
        case .sequence: "a list"
        case .scalar where isNull: "empty"
        case .scalar(let text, isPlain: true): text.quoted
        case .scalar(let text, isPlain: false): "the text \"\(text.shown)\""
        }
    }

    private func wrongType(_ right: String) -> Wrong { Wrong("is \(described); write \(right)") }

    /// A text in one line. A number or a `yes` without quotes is its own text.
    func text(_ right: String) throws(Wrong) -> String {
        guard case .scalar(let text, _) = content, !isNull else { throw wrongType(right) }
        guard !text.isEmpty else { throw Wrong("is empty; write \(right)") }
        guard !text.utf8.contains(where: { $0 < 0x20 || $0 == 0x7F }) else {
            throw Wrong("holds a line break or another control character; write \(right) in one line")
        }
        return text
    }

    func bool() throws(Wrong) -> Bool {
        if case .scalar(let text, isPlain: true) = content {
            switch text {
            case "true", "True", "TRUE", "yes", "Yes", "YES", "on", "On", "ON": return true
            case "false", "False", "FALSE", "no", "No", "NO", "off", "Off", "OFF": return false
            default: break
            }
        }
        throw wrongType("true or false, without quotes")
    }

    func integer(_ range: ClosedRange<Int>) throws(Wrong) -> Int {
        guard case .scalar(let text, isPlain: true) = content, Self.isDecimal(text) else {
            throw wrongType("a whole number from \(range.lowerBound) to \(range.upperBound), without quotes")
        }
        guard let number = Int(text), range.contains(number) else {
            throw Wrong("is \(text.shown); write a number from \(range.lowerBound) to \(range.upperBound)")
        }
        return number
    }

    /// No leading zero: YAML 1.1 takes `010` for eight, YAML 1.2 for ten.
    private static func isDecimal(_ text: String) -> Bool {
        var digits = Array(text.utf8)[...]
        if digits.first == UInt8(ascii: "-") || digits.first == UInt8(ascii: "+") { digits.removeFirst() }
        return !digits.isEmpty && digits.allSatisfy(\.isASCIIDigit)
            && (digits.count == 1 || digits.first != UInt8(ascii: "0"))
    }

    func duration(zeroIs zero: Zero) throws(Wrong) -> Duration {
        guard case .scalar(let text, _) = content, !isNull else { throw wrongType(DurationText.forms) }
        let duration = try DurationText.parse(text)
        if duration == .zero, zero == .senseless { throw Wrong("is \(text.shown); write more than nothing") }
        return duration
    }

    enum Zero { case sensible, senseless }

    func interval() throws(Wrong) -> FeedConfiguration.Interval {
        guard case .scalar(let text, _) = content, !isNull else {
            throw wrongType("auto, or \(DurationText.forms)")
        }
        if text == "auto" { return .auto }
        if text.lowercased() == "auto" { throw Wrong("is \(text.quoted); write auto") }
        return .every(try duration(zeroIs: .senseless))
    }

    func silence() throws(Wrong) -> SilenceRule {
        let right = "off, auto, or a time such as 12h or 3d"
        guard case .scalar(let text, _) = content, !isNull else { throw wrongType(right) }
        switch text {
        case "auto": return .auto
        case "off": return .off
        case _ where text.first?.isNumber != true: throw Wrong("is \(text.quoted); write \(right)")
        default: return .after(try duration(zeroIs: .senseless))
        }
    }

    /// A share in percent; `nil` for `off`.
    func share() throws(Wrong) -> Int? {
        let right = "a share such as 25%, or off"
        guard case .scalar(let text, _) = content, !isNull else { throw wrongType(right) }
        if text == "off" { return nil }
        guard text.last == "%", Self.isDecimal(String(text.dropLast())), let share = Int(text.dropLast()),
            (0...100).contains(share)
        else { throw Wrong("is \(text.quoted); write \(right)") }
        return share
    }

    func news() throws(Wrong) -> StatusSettings.News {
        switch try silence() {
        case .off: .off
        case .auto: .auto
        case .after(let span): .after(span)
        }
    }

    /// Bytes.
    func size(_ range: ClosedRange<Int>) throws(Wrong) -> Int {
        let right = "a number and a unit, such as 512KiB or 16MiB"
        guard case .scalar(let text, _) = content, !isNull else { throw wrongType(right) }
        let digits = text.prefix { $0.isASCII && $0.isNumber }
        let unit = text.dropFirst(digits.count).drop { $0 == " " }
        let letter = unit.first.map { $0.uppercased() } ?? ""
        guard !digits.isEmpty, let factor = ["B": 1, "K": 1 << 10, "M": 1 << 20, "G": 1 << 30][letter] else {
            let meant =
                digits.isEmpty || !unit.isEmpty ? right : "\(digits.prefix(20))B for bytes, or a unit such as in 16MiB"
            throw Wrong("is \(text.quoted), which is no size; write \(meant)")
        }
        let proper = letter == "B" ? "B" : "\(letter)iB"
        guard text == digits + proper else {
            throw Wrong("is \(text.quoted), which is no size; write \(digits.prefix(20))\(proper)")
        }
        guard let number = Int(digits), number <= range.upperBound / factor, number * factor >= range.lowerBound else {
            throw Wrong("is \(text.shown); write a size from \(range.lowerBound)B to \(range.upperBound >> 20)MiB")
        }
        return number * factor
    }

    func oneOf<Choice: CaseIterable & RawRepresentable<String>>(_: Choice.Type) throws(Wrong) -> Choice {
        let names = Choice.allCases.map(\.rawValue)
        guard case .scalar(let text, _) = content, let choice = Choice(rawValue: text) else {
            throw wrongType(names.joined(separator: " or "))
        }
        return choice
    }

    /// Both letters and digits: what goes into a header field as it is.
    private func printableASCII(_ right: String) throws(Wrong) -> String {
        let text = try text(right)
        guard text.utf8.allSatisfy({ (0x20...0x7E).contains($0) }), text.first != " ", text.last != " " else {
            throw Wrong("is \(text.quoted); write it in ASCII, without space around it")
        }
        return text
    }

    func userAgent() throws(Wrong) -> String { try printableASCII("a text, or null for the usual one") }

    /// Goes into a comment of the User-Agent, which parentheses and backslashes would break (RFC 9110, 5.6.5).
    func contact() throws(Wrong) -> String {
        let right = "an address such as ops@example.org or https://example.org/bot"
        let contact = try printableASCII(right)
        guard !contact.utf8.contains(where: { "()\\".utf8.contains($0) }), contact.utf8.count <= 200 else {
            throw Wrong("is \(contact.quoted); write \(right), without parentheses and backslashes")
        }
        let hasMail = contact.split(separator: " ").contains { word in
            let parts = word.split(separator: "@", omittingEmptySubsequences: false)
            return parts.count == 2 && parts.allSatisfy { !$0.isEmpty }
        }
        guard hasMail || contact.contains("http://") || contact.contains("https://") else {
            throw Wrong("is \(contact.quoted), where nobody can be reached; write \(right)")
        }
        return contact
    }

    func listenAddress() throws(Wrong) -> ListenAddress {
        let right = "HOST:PORT, such as 127.0.0.1:8008 or '[::1]:8008'"
        let text = try text(right)
        guard let colon = text.lastIndex(of: ":") else { throw Wrong("is \(text.quoted); write \(right)") }
        var host = String(text[..<colon])
        let port = text[text.index(after: colon)...]
        guard port.utf8.count <= 5, port.utf8.allSatisfy(\.isASCIIDigit), let port = Int(port),
            (1...65535).contains(port)
        else { throw Wrong("is \(text.quoted), whose port is none; write a port from 1 to 65535") }
        if host.isEmpty {
            throw Wrong(
                "is \(text.quoted), without a host; write 127.0.0.1:\(port) for this machine alone "
                    + "or 0.0.0.0:\(port) for all")
        }
        if host.hasPrefix("["), host.hasSuffix("]") {
            host = String(host.dropFirst().dropLast())
            guard HostName.isIPv6(host) else {
                throw Wrong("is \(text.quoted), with a bad IPv6 address; write \(right)")
            }
        } else if host.contains(":") {
            throw Wrong("is \(text.quoted); write an IPv6 address in brackets, '[::1]:8008'")
        } else if let problem = HostName.problem(host) {
            throw Wrong("is \(text.quoted), whose host \(problem); write \(right)")
        }
        return ListenAddress(host: host, port: port)
    }

    /// How long a hub may be asked for; whole seconds of it are what it is told.
    func lease() throws(Wrong) -> Duration {
        let lease = try duration(zeroIs: .senseless)
        guard lease >= .minutes(1) else {
            throw Wrong(
                "is \(DurationText.format(lease)), which hubs would be asked for over and over; write 1m or more")
        }
        return lease
    }

    /// A URL that hubs can ask, without a slash at its end.
    func callback() throws(Wrong) -> String {
        let right = "the public URL that leads to 'listen', such as https://feeds.example.org/websub"
        let text = try text(right)
        guard var url = WebURL(text), url.isHTTP, let host = url.host, HostName.problem(ofURLHost: host) == nil,
            url.userInfo == nil, url.port != 0, text.utf8.count <= 1000
        else { throw Wrong("is \(FeedURL.withoutUser(text).quoted); write \(right)") }
        guard url.query == nil, url.fragment == nil else {
            throw Wrong(
                "is \(text.quoted), with '?' or '#', which what is added to it would be lost behind; write \(right)")
        }
        if url.scheme == "http", !HostName.isOfThisNetwork(host) {
            throw Wrong(
                "is \(text.quoted), where anybody on the way reads along; write https://, to a server that has a "
                    + "certificate and passes requests on to 'listen'")
        }
        while url.path.hasSuffix("/") { url.path.removeLast() }
        let wire = url.wireForm
        return url.path.isEmpty ? String(wire.dropLast()) : wire
    }

    func addressPolicy() throws(Wrong) -> AddressPolicy {
        guard case .sequence(let elements) = content else {
            if case .scalar(let text, _) = content, AddressRange(text) != nil {
                throw Wrong("is \(text.quoted); write [\(text.shown)]")
            }
            do { return try bool() ? .any : .publicOnly(except: []) } catch {
                throw wrongType("true, false or a list such as [10.0.0.0/8, 'fd00::/8']")
            }
        }
        return .publicOnly(except: try elements.map { element throws(Wrong) in try element.addressRange() })
    }

    private func addressRange() throws(Wrong) -> AddressRange {
        guard case .scalar(let text, _) = content, let range = AddressRange(text) else {
            throw Wrong(
                "holds \(described), which is no range of addresses; write it as 10.0.0.0/8 or 'fd00::/8'", at: mark)
        }
        return range
    }

    func proxy() throws(Wrong) -> ProxySetting {
        let right = "environment, null, or a URL such as http://proxy.example.org:3128"
        if isNull { return .none }
        let text = try text(right)
        if text == "environment" { return .environment }
        let schemes = ["http", "https", "socks4", "socks4a", "socks5", "socks5h"]
        guard let url = WebURL(text), schemes.contains(url.scheme), let host = url.host,
            HostName.problem(ofURLHost: host) == nil, url.port != 0, url.path.isEmpty || url.path == "/",
            url.query == nil, url.fragment == nil
        else { throw Wrong("is \(FeedURL.withoutUser(text).quoted); write \(right)") }
        return .url(text)
    }

    /// Relative paths count from the folder of the file that names them.
    func path(from folder: String) throws(Wrong) -> String {
        let text = try text("a path")
        if text == "~" || text.hasPrefix("~/") {
            throw Wrong("is \(text.quoted), but '~' stands for no folder here; write the whole path")
        }
        return FilePath.absolute(text, from: folder)
    }

    func tags() throws(Wrong) -> [String] {
        let right = "a list, such as [news, science]"
        if isNull { return [] }
        guard case .sequence(let elements) = content else {
            if case .scalar(let text, _) = content { throw Wrong("is \(text.quoted); write [\(text.shown)]") }
            throw wrongType(right)
        }
        var tags: [String] = []
        var seen: Set<String> = []
        for element in elements {
            guard case .scalar = element.content, !element.isNull else {
                throw Wrong("holds \(element.described); write only texts, such as [news, science]", at: element.mark)
            }
            let tag: String
            do { tag = try element.text("a word") } catch {
                throw Wrong("holds a tag that \(error.message)", at: element.mark)
            }
            guard let trimmed = TagText.trimmed(tag) else {
                throw Wrong("holds a tag of spaces alone; remove it", at: element.mark)
            }
            if seen.insert(trimmed).inserted { tags.append(trimmed) }
        }
        return tags
    }
}

enum TagText {
    /// `nil` if nothing is left.
    static func trimmed(_ text: String) -> String? {
        let inner = text.drop { $0.isWhitespace }
        let end = inner.lastIndex { !$0.isWhitespace }
        return end.map { String(inner[...$0]) }
    }
}
