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
            (["a\u{1B}[31mb\u{7}\u{7F}\u{9B}1m"], "a[31mb1m"), (["\u{1B}=1"], "'=1"), (["\u{200E}=1"], "'=1"),
            (["a\u{202E}b\u{2066}c\u{61C}d\u{85}e’é\u{A0}"], "abcde’é\u{A0}"), (["a\tb"], "a\tb"), (["\u{1B}"], ""),
            (["a\u{2028}b\u{2029}c"], "a b c"),
            (["\u{FF1D}1"], "'\u{FF1D}1"), (["a=1"], "a=1"), (["'=1"], "'=1"), (["1-2"], "1-2"),
        ] as [([String?], String)])
    func fields(fields: [String?], line: String) {
        #expect(String(decoding: CSVLine.of(fields, isVerbatim: false), as: UTF8.self) == line + "\r\n")
    }

    @Test func verbatim() {
        #expect(
            String(decoding: CSVLine.of(["=1", "-2", "+\"3\""], isVerbatim: true), as: UTF8.self)
                == "=1,-2,\"+\"\"3\"\"\"\r\n")
        // What is part of a text's writing stays; what acts on a terminal does not.
        #expect(
            String(decoding: CSVLine.of(["\u{200F}a\u{1B}[1m\u{9B}"], isVerbatim: true), as: UTF8.self)
                == "\u{200F}a[1m\r\n")
    }
}
