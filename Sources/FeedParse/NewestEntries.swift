import FeedModel

/// Of more entries than are read, the newest.
enum NewestEntries {
    /// Their places, of entries with these dates: the newest, and of those without a date the first.
    static func chosen(among instants: [Timestamp?], limit: Int) -> [Int] {
        let dated = instants.compactMap { $0?.milliseconds }.sorted(by: >)
        guard dated.count > limit, let oldest = dated.dropFirst(limit - 1).first else {
            var room = limit - dated.count
            return instants.indices.filter { place in
                if instants[place] != nil { return true }
                room -= 1
                return room >= 0
            }
        }
        var room = limit - (dated.firstIndex(of: oldest) ?? 0)
        return instants.indices.filter { place in
            guard let instant = instants[place]?.milliseconds, instant >= oldest else { return false }
            if instant == oldest { room -= 1 }
            return instant > oldest || room >= 0
        }
    }

    static func problem(count: Int, limit: Int) -> ParseProblem {
        ParseProblem(.tooLarge, "\(count) entries; the newest \(limit) are read")
    }
}
