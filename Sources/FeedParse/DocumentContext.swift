/// What is known of a document besides its bytes.
public struct DocumentContext: Sendable {
    /// The base of relative references: Content-Location resolved against the final URL, as the caller
    /// chooses it. Without one, relative references stay relative.
    public var url: String?
    /// The raw value of Content-Type.
    public var contentType: String?

    public init(url: String? = nil, contentType: String? = nil) {
        self.url = url
        self.contentType = contentType
    }
}
