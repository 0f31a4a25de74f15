/// What `status` asks of feeds that answer, and yet lose or lack entries.
extension Schema {
    static let silenceColumns = """
        ALTER TABLE feed ADD COLUMN newest_entry INTEGER;
        ALTER TABLE feed ADD COLUMN silence_alarm_at INTEGER;
        ALTER TABLE feed ADD COLUMN silence_asked INTEGER NOT NULL DEFAULT 0;
        """

    /// Silent feeds alone are in the first: no poll of another one touches it.
    static let silenceIndexes = """
        CREATE INDEX feed_silent ON feed (silence_asked DESC, silence_alarm_at)
            WHERE configured AND state = 'active' AND silence_alarm_at <= last_success;
        CREATE INDEX feed_loss ON feed (last_loss DESC)
            WHERE configured AND last_loss IS NOT NULL AND state <> 'disabled';
        """
}
