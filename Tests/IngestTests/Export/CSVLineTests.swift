import Ingest
import Testing

/// RFC 4180, and formulas that feeds would have spreadsheets run.
struct CSVLineTests {
    @Test(
        arguments: [
            (["a", nil, "", "b"], "a,,,b"), (["a,b"], "\"a,b\""), (["say \"x\""], "\"say \"\"x\"\"\""),
            (["two\nlines"], "\"two\nlines\""), (["two\r\nlines"], "\"two\r\nlines\""), (["é 日 😀"], "é 日 😀"),
            (["a\u{0}b"], "ab"), ([" a "], " a "),
            (["=1+1"], "'=1+1"), (["+1"], "'+1"), (["-1"], "'-1"), (["@SUM(A1)"], "'@SUM(A1)"), (["\t=1"], "'\t=1"),
            (["\r=1"], "\"'\r=1\""),
            (["=HYPERLINK(\"http://x\",\"y\")"], "\"'=HYPERLINK(\"\"http://x\"\",\"\"y\"\")\""),
            (["\u{FF1D}1"], "'\u{FF1D}1"), (["a=1"], "a=1"), (["'=1"], "'=1"), (["1-2"], "1-2"),
        ] as [([String?], String)])
    func fields(fields: [String?], line: String) {
        #expect(String(decoding: CSVLine.of(fields, isVerbatim: false), as: UTF8.self) == line + "\r\n")
    }

    @Test func verbatim() {
        #expect(
            String(decoding: CSVLine.of(["=1", "-2", "+\"3\""], isVerbatim: true), as: UTF8.self)
                == "=1,-2,\"+\"\"3\"\"\"\r\n")
    }
}
