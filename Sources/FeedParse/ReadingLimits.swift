/// What reading one document may cost: whoever publishes it chooses its bytes, and bytes alone say little of what they
/// become. These are for up to 16 MiB of them; a larger document may cost more in proportion.
public struct ReadingLimits: Hashable, Sendable {
    /// Of the processor, on the thread that reads; what others use of a busy machine does not count. A document that
    /// takes longer is `tooComplex`.
    public var time: Duration
    /// Bytes that a document may become: its text, its tree, its entries. One that becomes more is `tooComplex`.
    public var memory: Int
    /// The newest are read, the others are told in a problem.
    public var entries: Int

    /// An unoptimised build takes twenty times as long.
    #if DEBUG
        private static let usualTime = Duration.seconds(40)
    #else
        private static let usualTime = Duration.seconds(1.5)
    #endif

    public init(time: Duration? = nil, memory: Int = 160 << 20, entries: Int = 10_000) {
        self.time = time ?? ReadingLimits.usualTime
        self.memory = memory
        self.entries = entries
    }
}
