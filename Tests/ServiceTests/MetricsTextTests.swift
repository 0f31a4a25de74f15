import FeedModel
import Testing

@testable import Service

@Suite struct MetricsTextTests {
    private func text(_ form: MetricsText.Form) -> String {
        let histogram = Histogram(bounds: [0.1, 1])
        for milliseconds in [50, 100, 700, 5000] { histogram.note(.milliseconds(milliseconds)) }
        var text = MetricsText(form)
        text.family(
            "a_total", .counter, "What.", [(["kind": "x\"y\\z\n\u{1B}\u{9B}\u{202E}\r"], 3), (["kind": "b"], 0.5)])
        text.gauge("b", "None.", nil)
        text.histogram("c_seconds", "Times.", histogram.counts)
        text.end()
        return String(decoding: text.bytes, as: UTF8.self)
    }

    private let samples = #"""
        a_total{kind="x\"y\\z\n "} 3
        a_total{kind="b"} 0.5
        # HELP c_seconds Times.
        # TYPE c_seconds histogram
        c_seconds_bucket{le="0.1"} 2
        c_seconds_bucket{le="1.0"} 3
        c_seconds_bucket{le="+Inf"} 4
        c_seconds_sum 5.85
        c_seconds_count 4

        """#

    @Test func countersAreNamedAsTheFormatWantsIt() {
        #expect(text(.prometheus) == "# HELP a_total What.\n# TYPE a_total counter\n" + samples)
        #expect(text(.openMetrics) == "# HELP a What.\n# TYPE a counter\n" + samples + "# EOF\n")
    }

    @Test(arguments: [
        (nil, "text/plain; version=0.0.4; charset=utf-8"), ("*/*", "text/plain; version=0.0.4; charset=utf-8"),
        (
            "application/openmetrics-text;version=1.0.0;q=0.5,text/plain;version=0.0.4;q=0.3",
            "application/openmetrics-text; version=1.0.0; charset=utf-8"
        ),
    ])
    func theFormIsWhatTheClientAccepts(accept: String?, type: String) {
        #expect(MetricsText.Form(accept: accept).contentType == type)
    }
}
