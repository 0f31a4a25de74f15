/// Which legacy encoding unlabelled bytes are in, where they are not UTF-8.
///
/// Multi-byte encodings are strict: long texts fit only the one that they are in. Among the single-byte
/// ones Cyrillic shows itself by the density of letters beyond ASCII. Anything else is Windows-1252.
enum LegacyEncodingGuess {
    static func best(_ bytes: UnsafeBufferPointer<UInt8>, _ meter: ReadingMeter) -> CharacterEncoding {
        let sample = UnsafeBufferPointer(rebasing: bytes.prefix(1 << 20))
        let high = sample.lazy.filter { $0 >= 0x80 }.count
        guard high >= 24 else { return .windows1252 }
        var pairs = 0
        var at = 0
        while at < sample.count {
            if sample[at] >= 0x80 {
                var end = at
                while end < sample.count, sample[end] >= 0x80 { end += 1 }
                pairs += (end - at) / 2 * 2
                at = end
            } else {
                at += 1
            }
        }
        // Western text has its letters beyond ASCII one by one.
        guard pairs * 10 >= high * 7 else { return .windows1252 }
        // The second bytes of East Asian encodings are anything; Cyrillic's letters all lie above 0xBF.
        let belowLetters = sample.lazy.filter { (0x80...0xBF).contains($0) }.count
        guard belowLetters * 20 >= high else { return cyrillic(sample) }
        for label in ["euc-jp", "euc-kr", "gb18030", "shift_jis", "big5"] {
            guard let encoding = CharacterEncoding.of(label: label), let transcoder = Transcoder(encoding.iconvName)
            else { continue }
            let (decoded, errors) = transcoder.decode(sample, isSingleByte: false, meter)
            if errors == 0, isPlausible(decoded, label: label) { return encoding }
        }
        return cyrillic(sample)
    }

    /// Real Japanese has kana, real Korean Hangul; Chinese has mostly common ideographs.
    private static func isPlausible(_ utf8: [UInt8], label: String) -> Bool {
        var kana = 0
        var hangul = 0
        var han = 0
        var other = 0
        for scalar in String(decoding: utf8, as: UTF8.self).unicodeScalars where scalar.value >= 0x80 {
            switch scalar.value {
            case 0x3040...0x30FF: kana += 1
            case 0xAC00...0xD7A3: hangul += 1
            case 0x4E00...0x9FFF: han += 1
            case 0x3000...0x303F, 0xFF00...0xFF5E, 0x2010...0x2030: break
            default: other += 1
            }
        }
        let all = kana + hangul + han + other
        guard all > 0 else { return false }
        switch label {
        case "euc-jp", "shift_jis": return kana * 5 > all
        case "euc-kr": return hangul * 10 > all * 7
        default: return han * 10 > all * 8
        }
    }

    private static func cyrillic(_ sample: UnsafeBufferPointer<UInt8>) -> CharacterEncoding {
        // Small letters are far commoner than capitals: 0xE0–0xFF in Windows-1251, 0xC0–0xDF in KOI8.
        var low = 0
        var high = 0
        var other = 0
        for byte in sample where byte >= 0x80 {
            switch byte {
            case 0xC0...0xDF: low += 1
            case 0xE0...0xFF: high += 1
            default: other += 1
            }
        }
        // Hebrew ends at 0xFA, where Russian has some of its commonest letters; Greek's accented vowels are
        // 0xDC to 0xDF, where Russian has its rarest capitals.
        let all = low + high + other
        let lastLetters = sample.lazy.filter { $0 >= 0xFB }.count
        if high > other * 4, low * 50 < all, lastLetters * 100 < all {
            return CharacterEncoding(name: "windows-1255", iconvName: "CP1255")
        }
        let accented = sample.lazy.filter { (0xDC...0xDF).contains($0) }.count
        if high > low, accented * 20 > all, accented * 2 > low {
            return CharacterEncoding(name: "windows-1253", iconvName: "CP1253")
        }
        if high > low * 2, high > other * 2 { return CharacterEncoding(name: "windows-1251", iconvName: "CP1251") }
        if low > high * 2, low > other * 2 { return CharacterEncoding(name: "koi8-r", iconvName: "KOI8-R") }
        return .windows1252
    }
}
