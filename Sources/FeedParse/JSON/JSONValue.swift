/// A JSON document as a tree, members in document order.
enum JSONValue {
    case null
    case bool(Bool)
    /// As written.
    case number(String)
    case string(String)
    case array([JSONValue])
    case object([(key: String, value: JSONValue)])

    /// The first member of that name that is not `null`.
    subscript(key: String) -> JSONValue? {
        guard case .object(let members) = self else { return nil }
        for member in members where member.key == key {
            if case .null = member.value { continue }
            return member.value
        }
        return nil
    }

    /// Text, trimmed; a number stands for its digits.
    var text: String? {
        switch self {
        case .string(let text): text.trimmed
        case .number(let digits): digits
        default: nil
        }
    }

    var elements: [JSONValue] {
        if case .array(let values) = self { return values }
        return []
    }

    var members: [(key: String, value: JSONValue)] {
        if case .object(let members) = self { return members }
        return []
    }
}
