import FeedModel

/// A character encoding: its WHATWG name, and what iconv calls it.
struct CharacterEncoding: Hashable {
    var name: String
    var iconvName: String

    static let utf8 = CharacterEncoding(name: "utf-8", iconvName: "UTF-8")
    static let utf16LE = CharacterEncoding(name: "utf-16le", iconvName: "UTF-16LE")
    static let utf16BE = CharacterEncoding(name: "utf-16be", iconvName: "UTF-16BE")
    static let utf32LE = CharacterEncoding(name: "utf-32le", iconvName: "UTF-32LE")
    static let utf32BE = CharacterEncoding(name: "utf-32be", iconvName: "UTF-32BE")
    static let windows1252 = CharacterEncoding(name: "windows-1252", iconvName: "CP1252")

    /// How many bytes a unit of text has.
    var isWide: Bool { name.hasPrefix("utf-16") || name.hasPrefix("utf-32") }

    /// Bytes below 0x80 are ASCII, and each other byte is one character.
    var isSingleByte: Bool { !isWide && self != .utf8 && !CharacterEncoding.multiByte.contains(name) }

    private static let multiByte: Set<String> = ["gb18030", "big5", "euc-jp", "iso-2022-jp", "shift_jis", "euc-kr"]

    /// The Encoding Standard's labels (4.2); what it does not know is left to iconv, but for encodings in
    /// which ASCII bytes mean something else.
    static func of(label: String) -> CharacterEncoding? {
        let key = label.lowercased().filter { !$0.isWhitespace && $0 != "\"" && $0 != "'" }
        guard !key.isEmpty, key.utf8.count <= 40 else { return nil }
        if let listed = byLabel[key] ?? byLabel[key.replacing("_", with: "-")] { return listed }
        guard let other = known(toIconv: key), other.keepsASCII else { return nil }
        return other
    }

    /// EBCDIC's pages, as bytes that begin with EBCDIC's `<?xm` name them.
    static func ofEBCDIC(label: String) -> CharacterEncoding? { known(toIconv: label.lowercased()) }

    /// Who names an encoding in ASCII cannot mean one in which those bytes are something else.
    private var keepsASCII: Bool {
        let sample = Array("<?xml version=\"1.0\"?>".utf8)
        let decoded = sample.withUnsafeBufferPointer { Transcoder(iconvName)?.decode($0, isSingleByte: false) }
        return decoded?.bytes == sample
    }

    private static func known(toIconv key: String) -> CharacterEncoding? {
        guard key.utf8.allSatisfy({ $0.isASCIILetter || $0.isASCIIDigit || "-_.:".utf8.contains($0) }),
            !key.hasPrefix("utf"), !key.hasPrefix("unicode"), !key.hasPrefix("ucs"), !key.hasPrefix("iso-10646"),
            !key.contains("2022"), key != "hz", key != "wchar_t"
        else { return nil }
        let spelling = key.replacing("_", with: "-")
        for name in [key, spelling, "CP" + spelling, spelling.replacing("cp", with: "IBM")] {
            if Transcoder(name) != nil { return CharacterEncoding(name: key, iconvName: name) }
        }
        return nil
    }

    private static let byLabel: [String: CharacterEncoding] = {
        var map: [String: CharacterEncoding] = [:]
        for (name, iconvName, labels) in table {
            let encoding = CharacterEncoding(name: name, iconvName: iconvName)
            map[name] = encoding
            for label in labels.split(separator: " ") { map[String(label)] = encoding }
        }
        return map
    }()

    private static let table: [(String, String, String)] = [
        ("utf-8", "UTF-8", "utf8 unicode-1-1-utf-8 unicode11utf8 unicode20utf8 x-unicode20utf8 u8 utf-8-sig cp65001"),
        ("utf-16le", "UTF-16LE", "utf-16 utf16 utf16le utf-16-le csunicode iso-10646-ucs-2 ucs-2 unicode unicodefeff"),
        ("utf-16be", "UTF-16BE", "utf16be utf-16-be unicodefffe"),
        ("utf-32le", "UTF-32LE", "utf32le utf-32-le"),
        ("utf-32be", "UTF-32BE", "utf-32 utf32 utf32be utf-32-be ucs-4 iso-10646-ucs-4"),
        ("ibm866", "IBM866", "866 cp866 csibm866"),
        ("iso-8859-2", "ISO-8859-2", "csisolatin2 iso-ir-101 iso8859-2 iso88592 latin2 l2 iso-8859-2:1987"),
        ("iso-8859-3", "ISO-8859-3", "csisolatin3 iso-ir-109 iso8859-3 iso88593 latin3 l3 iso-8859-3:1988"),
        ("iso-8859-4", "ISO-8859-4", "csisolatin4 iso-ir-110 iso8859-4 iso88594 latin4 l4 iso-8859-4:1988"),
        ("iso-8859-5", "ISO-8859-5", "csisolatincyrillic cyrillic iso-ir-144 iso8859-5 iso88595 iso-8859-5:1988"),
        (
            "iso-8859-6", "ISO-8859-6",
            "arabic asmo-708 csiso88596e csiso88596i csisolatinarabic ecma-114 iso-8859-6-e iso-8859-6-i iso-ir-127 iso8859-6 iso88596 iso-8859-6:1987"
        ),
        (
            "iso-8859-7", "ISO-8859-7",
            "csisolatingreek ecma-118 elot-928 greek greek8 iso-ir-126 iso8859-7 iso88597 sun-eu-greek iso-8859-7:1987"
        ),
        (
            "iso-8859-8", "ISO-8859-8",
            "csiso88598e csisolatinhebrew hebrew iso-8859-8-e iso-ir-138 iso8859-8 iso88598 visual csiso88598i iso-8859-8-i logical iso-8859-8:1988"
        ),
        ("iso-8859-10", "ISO-8859-10", "csisolatin6 iso-ir-157 iso8859-10 iso885910 l6 latin6"),
        ("iso-8859-13", "ISO-8859-13", "iso8859-13 iso885913 latin7 l7"),
        ("iso-8859-14", "ISO-8859-14", "iso8859-14 iso885914 latin8 l8"),
        ("iso-8859-15", "ISO-8859-15", "csisolatin9 iso8859-15 iso885915 l9 latin9"),
        ("iso-8859-16", "ISO-8859-16", "iso8859-16 iso885916 latin10 l10"),
        ("koi8-r", "KOI8-R", "cskoi8r koi koi8"),
        ("koi8-u", "KOI8-U", "koi8-ru"),
        ("macintosh", "MACINTOSH", "csmacintosh mac x-mac-roman macroman mac-roman"),
        ("windows-874", "CP874", "dos-874 iso-8859-11 iso8859-11 iso885911 tis-620 tis620 cp874"),
        ("windows-1250", "CP1250", "cp1250 x-cp1250 windows1250 1250"),
        ("windows-1251", "CP1251", "cp1251 x-cp1251 windows1251 1251 win-1251 win1251"),
        (
            "windows-1252", "CP1252",
            """
            ansi-x3.4-1968 ascii cp1252 cp819 csisolatin1 ibm819 iso-8859-1 iso-ir-100 iso8859-1 iso88591 \
            iso-8859-1:1987 l1 latin1 latin-1 us-ascii x-cp1252 windows1252 1252 us iso646-us iso-646.irv:1991 646 \
            csascii cp367 ibm367 iso-ir-6 8859 iso8859 ansi
            """
        ),
        ("windows-1253", "CP1253", "cp1253 x-cp1253 windows1253 1253"),
        (
            "windows-1254", "CP1254",
            "cp1254 x-cp1254 csisolatin5 iso-8859-9 iso-ir-148 iso8859-9 iso88599 latin5 l5 iso-8859-9:1989 windows1254 1254"
        ),
        ("windows-1255", "CP1255", "cp1255 x-cp1255 windows1255 1255"),
        ("windows-1256", "CP1256", "cp1256 x-cp1256 windows1256 1256"),
        ("windows-1257", "CP1257", "cp1257 x-cp1257 windows1257 1257"),
        ("windows-1258", "CP1258", "cp1258 x-cp1258 windows1258 1258"),
        ("x-mac-cyrillic", "MAC-CYRILLIC", "x-mac-ukrainian maccyrillic mac-cyrillic"),
        (
            "gb18030", "GB18030",
            "chinese csgb2312 csiso58gb231280 gb2312 gb-2312 gb-2312-80 gbk iso-ir-58 x-gbk cp936 936 ms936 euc-cn euccn eucgb2312-cn gb2312-1980 gb2312-80 gb18030-2000"
        ),
        ("big5", "BIG5-HKSCS", "big5-hkscs cn-big5 csbig5 x-x-big5 big5-tw big5hkscs hkscs cp950 950 ms950"),
        ("euc-jp", "EUC-JP-MS", "cseucpkdfmtjapanese x-euc-jp eucjp ujis u-jis"),
        ("iso-2022-jp", "ISO-2022-JP", "csiso2022jp iso2022jp iso2022-jp"),
        (
            "shift_jis", "CP932",
            "shift-jis csshiftjis ms-kanji ms932 sjis windows-31j x-sjis cp932 932 mskanji ms-932 shiftjis s-jis s_jis"
        ),
        (
            "euc-kr", "UHC",
            "cseuckr csksc56011987 iso-ir-149 korean ks-c-5601-1987 ks-c-5601-1989 ksc5601 ksc-5601 windows-949 cp949 949 ms949 uhc euckr ks-c-5601 ks-x-1001 ksx1001"
        ),
    ]
}
