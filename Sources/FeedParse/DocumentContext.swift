/// What is known of a document besides its bytes.
public struct DocumentContext: Sendable {
    /// The base of relative references: the URL that answered, or whatever the caller chooses.
    /// Without one, relative references stay relative.
    public var url: String?
    /// The raw value of Content-Type.
    public var contentType: String?
    public var limits: ReadingLimits

    public init(url: String? = nil, contentType: String? = nil, limits: ReadingLimits = ReadingLimits()) {
        self.url = url
        self.contentType = contentType
        self.limits = limits
    }
}
