/// What a server gave for conditional requests, byte for byte as it came, without surrounding white
/// space (RFC 9110, 8.8 and 5.5). Opaque: never parsed, never made up.
public struct Validators: Hashable, Sendable {
    /// Sent back as `If-None-Match`.
    public var etag: [UInt8]?
    /// Sent back as `If-Modified-Since`.
    public var lastModified: [UInt8]?
    /// The URL that answered, at the end of all redirects: no other is asked with these.
    public var url: String

    public init(etag: [UInt8]?, lastModified: [UInt8]?, url: String) {
        self.etag = etag
        self.lastModified = lastModified
        self.url = url
    }

    public var isEmpty: Bool { etag == nil && lastModified == nil }
}
