/// How much one feed may put into the archive in a day: what would fill a disk is no feed's news.
///
/// Texts, revisions, entries and kept documents count, as they are kept. The day begins with the first byte. A feed that
/// has had its share is left alone until that day is over; what one poll brings is kept whole.
public enum StorageAllowance {
    /// Ten thousand new articles with their texts take a fifth of it.
    public static let mostADay = 256 << 20
    public static let day: Duration = .days(1)

    /// When the feed may go on, if it has had its share.
    public static func end(of stored: PollState.Stored?, at now: Timestamp, most: Int = mostADay) -> Timestamp? {
        guard let stored, stored.bytes >= most, isCurrent(stored.since, at: now) else { return nil }
        return stored.since + day
    }

    /// With what has come now.
    public static func adding(_ bytes: Int, to stored: PollState.Stored?, at now: Timestamp) -> PollState.Stored {
        guard let stored, isCurrent(stored.since, at: now) else { return PollState.Stored(since: now, bytes: bytes) }
        return PollState.Stored(since: stored.since, bytes: stored.bytes + bytes)
    }

    /// A day that begins later than now began by another clock.
    private static func isCurrent(_ since: Timestamp, at now: Timestamp) -> Bool {
        since <= now && now - since < day
    }
}
