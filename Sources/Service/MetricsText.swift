import FeedModel

/// Writes metrics in the text formats of Prometheus (0.0.4) and OpenMetrics (1.0.0).
public struct MetricsText {
    public enum Form: Sendable {
        case prometheus
        case openMetrics

        /// What a client would rather have, by its `Accept`.
        public init(accept: String?) {
            self = accept?.contains("application/openmetrics-text") == true ? .openMetrics : .prometheus
        }

        public var contentType: String {
            switch self {
            case .prometheus: "text/plain; version=0.0.4; charset=utf-8"
            case .openMetrics: "application/openmetrics-text; version=1.0.0; charset=utf-8"
            }
        }
    }

    enum Kind: String {
        case counter, gauge, histogram
    }

    typealias Labels = KeyValuePairs<StaticString, String>

    private let form: Form
    public private(set) var bytes: [UInt8] = []

    init(_ form: Form) {
        self.form = form
        bytes.reserveCapacity(16_384)
    }

    private mutating func put(_ text: some StringProtocol) { bytes.append(contentsOf: text.utf8) }

    /// - Parameter name: of a counter, with `_total` at its end.
    private mutating func head(_ name: StaticString, _ kind: Kind, _ help: StaticString) {
        let name = name.description
        // OpenMetrics names the family, which the end is not a part of.
        let family = form == .openMetrics && kind == .counter ? name.dropLast("_total".count) : name[...]
        put("# HELP \(family) \(help)\n# TYPE \(family) \(kind.rawValue)\n")
    }

    private mutating func line(_ name: StaticString, _ suffix: String = "", _ labels: Labels, _ value: String) {
        put(name.description)
        put(suffix)
        if !labels.isEmpty {
            put("{")
            for (index, (label, text)) in labels.enumerated() {
                put("\(index == 0 ? "" : ",")\(label)=\"\(MetricsText.escaped(text))\"")
            }
            put("}")
        }
        put(" \(value)\n")
    }

    /// Backslash, quote and line feed mean themselves in label values when a backslash stands before them. Other control
    /// characters are left out.
    private static func escaped(_ text: String) -> String {
        let text = text.harmless(keepsLines: true)
        guard text.utf8.contains(where: { $0 == 0x5C || $0 == 0x22 || $0 == 0x0A }) else { return text }
        return text.replacing("\\", with: "\\\\").replacing("\"", with: "\\\"").replacing("\n", with: "\\n")
    }

    /// As short as it can be read back: whole numbers without a fraction.
    private static func number(_ value: Double) -> String {
        value == value.rounded() && abs(value) < 1e15 ? String(Int(value)) : String(value)
    }

    mutating func family(
        _ name: StaticString, _ kind: Kind, _ help: StaticString, _ samples: [(labels: Labels, value: Double)]
    ) {
        guard !samples.isEmpty else { return }
        head(name, kind, help)
        for sample in samples { line(name, "", sample.labels, MetricsText.number(sample.value)) }
    }

    mutating func gauge(_ name: StaticString, _ help: StaticString, _ value: Double?) {
        if let value { family(name, .gauge, help, [([:], value)]) }
    }

    mutating func gauge(_ name: StaticString, _ help: StaticString, _ value: Int) {
        gauge(name, help, Double(value))
    }

    mutating func counter(_ name: StaticString, _ help: StaticString, _ value: Double) {
        family(name, .counter, help, [([:], value)])
    }

    mutating func histogram(_ name: StaticString, _ help: StaticString, _ counts: Histogram.Counts) {
        head(name, .histogram, help)
        var sum = 0
        for (index, count) in counts.counts.enumerated() {
            sum += count
            let bound = index < counts.bounds.count ? String(counts.bounds[index]) : "+Inf"
            line(name, "_bucket", ["le": bound], String(sum))
        }
        line(name, "_sum", [:], MetricsText.number(counts.sum))
        line(name, "_count", [:], String(sum))
    }

    mutating func end() {
        if form == .openMetrics { put("# EOF\n") }
    }
}
