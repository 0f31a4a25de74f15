import FeedModel

/// A request as a `ScriptedServer` received it.
public struct ScriptedRequest: Sendable {
    public var method: String
    /// As it stood in the request line.
    public var target: String
    public var version: String
    /// In the order in which they came, with the values' bytes as they came, but for white space around them.
    public var fields: [(name: String, value: [UInt8])]
    public var body: [UInt8]
    /// Numbers the connections of the server from 1.
    public var connection: Int
    /// How many requests with this target came before.
    public var previous: Int
    public var time: ContinuousClock.Instant

    /// The values of a field, as UTF-8.
    public func values(_ name: String) -> [String] { bytes(name).map { String(decoding: $0, as: UTF8.self) } }

    public func bytes(_ name: String) -> [[UInt8]] {
        fields.filter { $0.name.lowercased() == name.lowercased() }.map(\.value)
    }

    /// The value of a field that may come once, as UTF-8.
    public func value(_ name: String) -> String? { values(name).first }
}
