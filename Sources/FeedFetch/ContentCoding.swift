/// The codings of a body.
enum ContentCoding: Equatable {
    case gzip, deflate, brotli, zstd
    case unknown(String)

    /// A body is in so many codings at most, one within the other. Nobody needs more than two.
    static let most = 3

    /// The codings in the order in which they were applied (RFC 9110, 8.4): several fields are one list;
    /// empty members and `identity` are none. A list of more than `most` ends with the first that is too many.
    static func list(_ fields: some Sequence<[UInt8]>) -> [ContentCoding] {
        var codings: [ContentCoding] = []
        for field in fields {
            var rest = field[...]
            while !rest.isEmpty, codings.count <= most {
                let member = rest.prefix { $0 != UInt8(ascii: ",") }
                rest = rest.dropFirst(member.count + 1)
                let name = String(decoding: member.filter { $0 != 0x20 && $0 != 0x09 }, as: UTF8.self).lowercased()
                switch name {
                case "", "identity": continue
                case "gzip", "x-gzip": codings.append(.gzip)
                case "deflate": codings.append(.deflate)
                case "br": codings.append(.brotli)
                case "zstd": codings.append(.zstd)
                default: codings.append(.unknown(name))
                }
            }
        }
        return codings
    }

    /// What is asked for.
    static let accepted = "gzip, deflate, br, zstd"
}
