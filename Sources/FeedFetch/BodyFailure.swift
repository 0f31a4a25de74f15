/// Why a body cannot be read.
enum BodyFailure: Error, Equatable {
    /// More bytes than this came out of the body or of one of its codings.
    case tooLarge(limit: Int)
    /// The data ended before the coding said it would.
    case truncated(coding: String)
    case corrupt(coding: String)
    case unknownCoding(String)
    /// More codings, one within the other, than anybody needs.
    case tooManyCodings(limit: Int)
}
