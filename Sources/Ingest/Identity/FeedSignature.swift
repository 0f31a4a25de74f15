/// How WordPress signs the entries of its feeds, in the languages it ships most: furniture, no text of the
/// publisher's.
enum FeedSignature {
    private struct Words {
        var start: [UInt8]
        /// Begins with a space.
        var middle: [UInt8]
    }

    private static let known: [Words] = [
        ("The post ", " appeared first on "), ("The post ", " first appeared on "),
        ("Der Beitrag ", " erschien zuerst auf "), ("L’article ", " est apparu en premier sur "),
        ("L'article ", " est apparu en premier sur "), ("La entrada ", " se publicó primero en "),
        ("La entrada ", " aparece primero en "), ("O post ", " apareceu primeiro em "),
        ("L'articolo ", " proviene da "), ("L’articolo ", " proviene da "), ("Het bericht ", " verscheen eerst op "),
        ("Сообщение ", " появились сначала на "), ("Запись ", " впервые появилась "),
        ("Wpis ", " pochodzi z serwisu "), ("Artykuł ", " pochodzi z serwisu "), ("Inlägget ", " dök först upp på "),
        ("La entrada ", " apareció primero en "), ("O conteúdo ", " aparece primeiro em "),
        ("Indlægget ", " blev først udgivet på "), ("Innlegget ", " dukket først opp på "),
        ("Artikkeli ", " julkaistiin ensimmäisen kerran "), ("Articolul ", " apare prima dată în "),
        ("A(z) ", " bejegyzés először "), ("投稿 ", " に最初に表示されました"),
    ].map { Words(start: Array($0.utf8), middle: Array($1.utf8)) }

    private static let longest = 500
    private static let lineEnd = UInt8(ascii: "\n")

    /// Without signatures among the last four lines, and without one that the last line ends with. `text` is canonical.
    static func removed(from text: String) -> String {
        var text = text
        let kept = text.withUTF8 { bytes -> [UInt8]? in
            var lines: [Range<Int>] = []
            var end = bytes.count
            while lines.count < 4, end > 0 {
                let start = lineStart(bytes, before: end)
                lines.insert(start..<end, at: 0)
                end = max(0, start - 1)
            }
            let rest = 0..<end
            var isChanged = false
            lines.removeAll { line in
                let isSignature = isSignature(UnsafeBufferPointer(rebasing: bytes[line]))
                isChanged = isChanged || isSignature
                return isSignature
            }
            if let last = lines.last, let start = signatureStart(bytes, in: last) {
                lines[lines.count - 1] = last.lowerBound..<start
                isChanged = true
            }
            guard isChanged else { return nil }
            var out = Array(bytes[rest])
            for line in lines {
                if !out.isEmpty { out.append(lineEnd) }
                out.append(contentsOf: bytes[line])
            }
            while let last = out.last, last == 0x20 || last == lineEnd { out.removeLast() }
            return out
        }
        return kept.map { String(decoding: $0, as: UTF8.self) } ?? text
    }

    private static func lineStart(_ bytes: UnsafeBufferPointer<UInt8>, before end: Int) -> Int {
        var at = end
        while at > 0, bytes[at - 1] != lineEnd { at -= 1 }
        return at
    }

    /// The whole line is one.
    private static func isSignature(_ line: UnsafeBufferPointer<UInt8>) -> Bool {
        guard line.count <= longest else { return false }
        return known.contains { line.starts(with: $0.start) && position(of: $0.middle, in: line) != nil }
    }

    /// Where a signature begins that a line ends with.
    private static func signatureStart(_ bytes: UnsafeBufferPointer<UInt8>, in line: Range<Int>) -> Int? {
        let from = max(line.lowerBound, line.upperBound - longest)
        let tail = UnsafeBufferPointer(rebasing: bytes[from..<line.upperBound])
        // One pass: what can begin a middle is a space.
        for at in tail.indices where tail[at] == 0x20 {
            for words in known where matches(words.middle, in: tail, at: at) {
                let before = UnsafeBufferPointer(rebasing: tail[..<at])
                if let start = position(of: words.start, in: before) { return from + start }
            }
        }
        return nil
    }

    private static func matches(_ word: [UInt8], in bytes: UnsafeBufferPointer<UInt8>, at start: Int) -> Bool {
        guard start + word.count <= bytes.count, bytes[start + 1] == word[1] else { return false }
        for offset in word.indices where bytes[start + offset] != word[offset] { return false }
        return true
    }

    private static func position(of word: [UInt8], in bytes: UnsafeBufferPointer<UInt8>) -> Int? {
        guard bytes.count >= word.count else { return nil }
        return (0...(bytes.count - word.count)).first { matches(word, in: bytes, at: $0) }
    }
}
