/// What must go from one sequence and come into it, so that it becomes the other: few changes, and the fewest where the
/// sequences are not both long and very different.
///
/// Myers' algorithm in linear space ("An O(ND) Difference Algorithm and Its Variations", 4b). A search that takes too
/// long is cut where it has come furthest, as GNU diff does.
struct SequenceDiff {
    /// Of the old sequence: what goes.
    private(set) var removed: [Bool]
    /// Of the new one: what comes.
    private(set) var added: [Bool]
    /// A search was cut: something may count as changed that is in both.
    private(set) var isCoarse = false

    /// A part of both sequences.
    private struct Box {
        var old: Range<Int>
        var new: Range<Int>
    }

    /// How many changes a search goes through: all of them between short sequences.
    private static let longSearch = 2048
    private static let shortSearch = 128
    private static let short = 20_000

    init(from old: [Int], to new: [Int]) {
        removed = Array(repeating: false, count: old.count)
        added = Array(repeating: false, count: new.count)
        // What only one of them has is no part of any search.
        let (inOld, inNew) = (Set(old), Set(new))
        let oldPlaces = old.indices.filter { inNew.contains(old[$0]) }
        let newPlaces = new.indices.filter { inOld.contains(new[$0]) }
        var search = Search(
            old: oldPlaces.map { old[$0] }, new: newPlaces.map { new[$0] },
            longest: oldPlaces.count + newPlaces.count > SequenceDiff.short
                ? SequenceDiff.shortSearch : SequenceDiff.longSearch)
        search.run()
        isCoarse = search.isCoarse
        for place in old.indices { removed[place] = true }
        for place in new.indices { added[place] = true }
        for (place, isRemoved) in zip(oldPlaces, search.removed) { removed[place] = isRemoved }
        for (place, isAdded) in zip(newPlaces, search.added) { added[place] = isAdded }
    }

    private struct Search {
        let old: [Int]
        let new: [Int]
        let longest: Int
        var removed: [Bool]
        var added: [Bool]
        var isCoarse = false
        /// How far each diagonal is reached from the start, and from the end.
        private var forward: [Int]
        private var backward: [Int]

        init(old: [Int], new: [Int], longest: Int) {
            self.old = old
            self.new = new
            self.longest = longest
            removed = Array(repeating: false, count: old.count)
            added = Array(repeating: false, count: new.count)
            forward = Array(repeating: 0, count: old.count + new.count + 3)
            backward = forward
        }

        mutating func run() {
            var open = [Box(old: old.indices, new: new.indices)]
            while var box = open.popLast() {
                trim(&box)
                if box.old.isEmpty || box.new.isEmpty {
                    for place in box.old { removed[place] = true }
                    for place in box.new { added[place] = true }
                    continue
                }
                let (x, y) = middle(of: box)
                open.append(Box(old: box.old.lowerBound..<x, new: box.new.lowerBound..<y))
                open.append(Box(old: x..<box.old.upperBound, new: y..<box.new.upperBound))
            }
        }

        /// Without what both begin and end with.
        private func trim(_ box: inout Box) {
            while !box.old.isEmpty, !box.new.isEmpty, old[box.old.lowerBound] == new[box.new.lowerBound] {
                box.old = box.old.dropFirst()
                box.new = box.new.dropFirst()
            }
            while !box.old.isEmpty, !box.new.isEmpty, old[box.old.upperBound - 1] == new[box.new.upperBound - 1] {
                box.old = box.old.dropLast()
                box.new = box.new.dropLast()
            }
        }

        /// A point that a short way goes through: where searches from both ends meet.
        private mutating func middle(of box: Box) -> (Int, Int) {
            let (left, right) = (box.old.lowerBound, box.old.upperBound)
            let (top, bottom) = (box.new.lowerBound, box.new.upperBound)
            // Diagonals are numbered by x - y; the lists begin where none is lower.
            let origin = new.count + 1
            let (lowest, highest) = (left - bottom, right - top)
            let (start, end) = (left - top, right - bottom)
            let isOdd = (start - end) & 1 != 0
            var ahead = start...start
            var behind = end...end
            forward[origin + start] = left
            backward[origin + end] = right
            var cost = 0
            while true {
                cost += 1
                ahead = widened(ahead, lowest, highest, &forward, edge: -1)
                for diagonal in stride(from: ahead.upperBound, through: ahead.lowerBound, by: -2) {
                    let (below, above) = (forward[origin + diagonal - 1], forward[origin + diagonal + 1])
                    var x = below < above ? above : below + 1
                    while x < right, x - diagonal < bottom, old[x] == new[x - diagonal] { x += 1 }
                    forward[origin + diagonal] = x
                    if isOdd, behind.contains(diagonal), backward[origin + diagonal] <= x { return (x, x - diagonal) }
                }
                behind = widened(behind, lowest, highest, &backward, edge: .max)
                for diagonal in stride(from: behind.upperBound, through: behind.lowerBound, by: -2) {
                    let (below, above) = (backward[origin + diagonal - 1], backward[origin + diagonal + 1])
                    var x = below < above ? below : above - 1
                    while x > left, x - diagonal > top, old[x - 1] == new[x - diagonal - 1] { x -= 1 }
                    backward[origin + diagonal] = x
                    if !isOdd, ahead.contains(diagonal), x <= forward[origin + diagonal] { return (x, x - diagonal) }
                }
                if cost >= longest { return furthest(in: box, ahead, behind) }
            }
        }

        private func widened(
            _ range: ClosedRange<Int>, _ lowest: Int, _ highest: Int, _ reached: inout [Int], edge: Int
        ) -> ClosedRange<Int> {
            let origin = new.count + 1
            var (low, high) = (range.lowerBound, range.upperBound)
            if low > lowest {
                low -= 1
                reached[origin + low - 1] = edge
            } else {
                low += 1
            }
            if high < highest {
                high += 1
                reached[origin + high + 1] = edge
            } else {
                high -= 1
            }
            return low...high
        }

        /// The point that has come furthest from its end.
        private mutating func furthest(
            in box: Box, _ ahead: ClosedRange<Int>, _ behind: ClosedRange<Int>
        ) -> (Int, Int) {
            isCoarse = true
            let origin = new.count + 1
            var best = (x: box.old.lowerBound, y: box.new.lowerBound)
            for diagonal in stride(from: ahead.upperBound, through: ahead.lowerBound, by: -2) {
                let x = min(forward[origin + diagonal], box.old.upperBound, box.new.upperBound + diagonal)
                if x + x - diagonal > best.x + best.y { best = (x, x - diagonal) }
            }
            var last = (x: box.old.upperBound, y: box.new.upperBound)
            for diagonal in stride(from: behind.upperBound, through: behind.lowerBound, by: -2) {
                let x = max(backward[origin + diagonal], box.old.lowerBound, box.new.lowerBound + diagonal)
                if x + x - diagonal < last.x + last.y { last = (x, x - diagonal) }
            }
            let gone = best.x + best.y - box.old.lowerBound - box.new.lowerBound
            let left = box.old.upperBound + box.new.upperBound - last.x - last.y
            return left < gone ? best : last
        }
    }
}
