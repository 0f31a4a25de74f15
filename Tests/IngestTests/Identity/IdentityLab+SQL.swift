import GRDB

@testable import Archive

extension IdentityLab {
    /// The number that a query gives.
    func number(_ sql: String, _ arguments: any DatabaseValueConvertible...) throws -> Int? {
        try archive.read { try Int.fetchOne($0, sql: sql, arguments: StatementArguments(arguments)) }
    }
}
