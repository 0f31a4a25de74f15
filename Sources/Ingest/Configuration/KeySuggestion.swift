/// Finds the key that a misspelt one was meant to be.
enum KeySuggestion {
    /// The nearest known key, if it is near enough to be meant.
    static func nearest(to key: String, among known: [String]) -> String? {
        guard key.utf8.count <= 40 else { return nil }
        let written = Array(key.lowercased().utf8.map { $0 == UInt8(ascii: "-") ? UInt8(ascii: "_") : $0 })
        let distances = known.map { (key: $0, distance: distance(written, Array($0.utf8))) }
        guard let best = distances.min(by: { $0.distance < $1.distance }) else { return nil }
        return best.distance <= max(1, min(written.count, best.key.utf8.count) / 3) ? best.key : nil
    }

    /// Letters added, left out, changed or swapped with their neighbour (optimal string alignment).
    private static func distance(_ a: [UInt8], _ b: [UInt8]) -> Int {
        var beforeLast: [Int] = []
        var last = Array(0...b.count)
        for i in a.indices {
            var row = [i + 1]
            for j in b.indices {
                var cost = min(last[j + 1] + 1, row[j] + 1, last[j] + (a[i] == b[j] ? 0 : 1))
                if i > 0, j > 0, a[i] == b[j - 1], a[i - 1] == b[j] { cost = min(cost, beforeLast[j - 1] + 1) }
                row.append(cost)
            }
            beforeLast = last
            last = row
        }
        return last[b.count]
    }
}
