/// Decodes a body while it comes, through the codings that it is in.
///
/// The stages are in a line, and each step brings one piece of what the last one makes: the caller may stop between
/// any two, so that no few bytes become many at once. No stage makes more than `limit` bytes: what a later one skips
/// would otherwise be free.
final class BodyDecoder {
    /// What a step adds at most.
    static let piece = 32 << 10

    /// What is decoded so far.
    private(set) var bytes: [UInt8] = []
    private let limit: Int
    private let stages: [any BodyStage]
    /// What each stage has made so far.
    private var made: [Int]
    /// Between stages: what one has made and the next has not used. The last has the place for a step's bytes.
    private var between: [Piece]
    /// So many stages, from the first, have given all that they will.
    private var ended = 0

    /// - Parameter codings: in the order in which they were applied. Whatever they are, a body that then turns out to be
    ///   a gzip file (`feed.xml.gz`, or compressed twice) is opened, once.
    init(_ codings: [ContentCoding], limit: Int) throws(BodyFailure) {
        guard codings.count <= ContentCoding.most else { throw .tooManyCodings(limit: ContentCoding.most) }
        self.limit = limit
        stages = codings.reversed().map { OpeningStage($0) } + [OpeningStage(nil)]
        made = stages.map { _ in 0 }
        between = stages.map { _ in Piece(size: BodyDecoder.piece) }
    }

    /// Bytes of memory that are held: of the body, and to decode it.
    var memory: Int { bytes.count + stages.reduce(0) { $0 + $1.memory + BodyDecoder.piece } }

    func reserve(_ count: Int) { bytes.reserveCapacity(min(count, limit)) }

    /// Gives the bytes away without a copy.
    func take() -> [UInt8] {
        defer { bytes = [] }
        return bytes
    }

    /// Takes bytes from the front of `input`, and adds up to `piece` to `bytes`.
    ///
    /// - Parameter isEnd: nothing comes behind this input. Fails if a coding has not come to its end then.
    /// - Returns: whether to call it again before more input comes; else all of `input` is used.
    func step(_ input: inout UnsafeRawBufferPointer, isEnd: Bool = false) throws(BodyFailure) -> Bool {
        let last = stages.count - 1
        var index = last
        while true {
            let count = try run(index, &input)
            if count > 0, index == last {
                bytes.append(contentsOf: between[last].take())
                return true
            }
            if count > 0 {
                index += 1
            } else if index > ended {
                index -= 1
            } else if isEnd {
                if try stages[index].end() { continue }
                ended += 1
                if ended > last { return false }
                index = last
            } else {
                return false
            }
        }
    }

    /// Lets one stage make what it can of what there is for it.
    private func run(_ index: Int, _ input: inout UnsafeRawBufferPointer) throws(BodyFailure) -> Int {
        let isFirst = index == 0
        var source = isFirst ? input : between[index - 1].rest
        let count = try stages[index].decode(&source, into: between[index].space)
        guard count > 0 || source.isEmpty else { throw .corrupt(coding: "content") }
        if isFirst { input = source } else { between[index - 1].rest = source }
        guard count <= limit - made[index] else { throw .tooLarge(limit: limit) }
        made[index] += count
        between[index].fill(count)
        return count
    }

    /// Some bytes, and the place where they are.
    private final class Piece {
        let space: UnsafeMutableRawBufferPointer
        var rest = UnsafeRawBufferPointer(start: nil, count: 0)

        init(size: Int) { space = .allocate(byteCount: size, alignment: 16) }

        deinit { space.deallocate() }

        func fill(_ count: Int) { rest = UnsafeRawBufferPointer(rebasing: space[..<count]) }

        func take() -> UnsafeRawBufferPointer {
            defer { rest = UnsafeRawBufferPointer(start: nil, count: 0) }
            return rest
        }
    }
}

/// One stage of a `BodyDecoder`.
protocol BodyStage: AnyObject {
    /// Takes bytes from the front of `input` and makes others.
    ///
    /// - Returns: how many bytes of `output` it has filled; 0 if it has used all of `input` and needs more.
    func decode(
        _ input: inout UnsafeRawBufferPointer, into output: UnsafeMutableRawBufferPointer
    ) throws(BodyFailure) -> Int

    /// No more input will come, and `decode` has used all that came. Fails if that is no end.
    ///
    /// - Returns: whether `decode` may have more to make now.
    func end() throws(BodyFailure) -> Bool

    /// Bytes of memory that it holds.
    var memory: Int { get }
}

extension UnsafeRawBufferPointer {
    /// Without so many bytes at the front.
    mutating func drop(_ count: Int) { self = UnsafeRawBufferPointer(rebasing: dropFirst(count)) }
}
