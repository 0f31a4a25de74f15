/// A value of which a document may say several, in order of trust: the lowest rank wins, and of equal ones
/// the first, wherever they stand.
struct Ranked<Value> {
    private(set) var value: Value?
    private var rank = Int.max

    var isEmpty: Bool { value == nil }

    /// Whether there was anything to offer.
    @discardableResult
    mutating func offer(_ value: Value?, _ rank: Int = 0) -> Bool {
        guard let value else { return false }
        if rank < self.rank {
            self.value = value
            self.rank = rank
        }
        return true
    }
}
