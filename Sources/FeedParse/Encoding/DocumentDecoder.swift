import FeedModel

/// A document as UTF-8, and how that was found.
struct DecodedDocument {
    /// Without byte order mark.
    var bytes: [UInt8]
    var encoding: CharacterEncoding
    var problems: [ParseProblem] = []
}

/// Finds the encoding of a document (RFC 7303, 3; XML 1.0, appendix F) and decodes it.
///
/// A byte order mark wins over the transport's charset, that over the declaration, and without any of them
/// it is UTF-8. What cannot be so because the bytes are plainly something else is mended and told.
struct DocumentDecoder {
    private let bytes: UnsafeBufferPointer<UInt8>
    private let meter: ReadingMeter
    private var problems: [ParseProblem] = []

    static func decode(_ bytes: [UInt8], contentType: String?, _ meter: ReadingMeter) -> DecodedDocument {
        bytes.withUnsafeBufferPointer { buffer in
            var decoder = DocumentDecoder(bytes: buffer, meter: meter)
            let document = decoder.run(original: bytes, contentType: contentType)
            meter.claim(document.bytes.count)
            return document
        }
    }

    private init(bytes: UnsafeBufferPointer<UInt8>, meter: ReadingMeter) {
        self.bytes = bytes
        self.meter = meter
    }

    private mutating func run(original: [UInt8], contentType: String?) -> DecodedDocument {
        if let (encoding, length) = byteOrderMark() { return decode(encoding, dropping: length) }
        if let wide = wideWithoutMark() { return decode(wide, dropping: 0) }
        let (declared, transport) = (declaration(), contentType.flatMap(DocumentDecoder.charset))
        let named = [(transport, "the charset of Content-Type"), (declared, "the declared encoding")]
        var candidates: [CharacterEncoding] = []
        for case (let label?, let origin) in named {
            guard let encoding = CharacterEncoding.of(label: label) else {
                problems.append(
                    ParseProblem(.encodingUnknown, "\(origin), \"\(label.prefix(40))\", is not known"))
                continue
            }
            // Were it so, this could not have been read (WHATWG: UTF-16 declared in ASCII is UTF-8).
            if encoding.isWide {
                problems.append(
                    ParseProblem(.encodingMismatch, "\(origin) is \(label.prefix(40)), but the bytes are not"))
                continue
            }
            candidates.append(encoding)
        }
        let utf8 = UTF8Check(bytes)
        let isDefault = candidates.isEmpty
        let isASCIILabel = named.contains { $0.0.map { $0.lowercased().hasSuffix("ascii") } ?? false }
        let choice = candidates.first ?? .utf8
        if choice == .utf8 {
            if utf8.isValid {
                return DecodedDocument(
                    bytes: utf8.controls > 0 ? UTF8Check.repaired(bytes) : original, encoding: .utf8, problems: problems
                )
            }
            return notUTF8(utf8, others: candidates.dropFirst(), isDefault: isDefault)
        }
        // Sequences of UTF-8 do not come about by chance in any other encoding: the more so, the more.
        let enough = isASCIILabel ? 1 : choice.isSingleByte ? 2 : 6
        if choice.name != "iso-2022-jp", utf8.isValid, utf8.multiByte >= enough {
            problems.append(
                ParseProblem(.encodingMismatch, "labelled \(choice.name), but the bytes are UTF-8"))
            return DecodedDocument(bytes: original, encoding: .utf8, problems: problems)
        }
        var best: DecodedDocument?
        var fewestErrors = Int.max
        for candidate in candidates {
            let (decoded, errors) = transcode(candidate, from: 0)
            if errors < fewestErrors {
                fewestErrors = errors
                best = DecodedDocument(bytes: decoded, encoding: candidate)
            }
            if errors == 0 { break }
        }
        guard var document = best else {
            return DecodedDocument(bytes: UTF8Check.repaired(bytes), encoding: .utf8, problems: problems)
        }
        if document.encoding != choice || fewestErrors > 0 && !choice.isSingleByte {
            problems.append(
                ParseProblem(.encodingMismatch, "labelled \(choice.name), but not all bytes are \(choice.name)"))
        }
        document.problems = problems
        return document
    }

    /// Labelled or taken as UTF-8, and it is not.
    private mutating func notUTF8(
        _ check: UTF8Check, others: ArraySlice<CharacterEncoding>, isDefault: Bool
    ) -> DecodedDocument {
        for other in others where other != .utf8 {
            let (decoded, errors) = transcode(other, from: 0)
            if errors == 0 {
                problems.append(ParseProblem(.encodingMismatch, "labelled utf-8, but the bytes are \(other.name)"))
                return DecodedDocument(bytes: decoded, encoding: other, problems: problems)
            }
        }
        problems.append(
            ParseProblem(
                .encodingMismatch,
                "\(isDefault ? "without a declared encoding" : "labelled utf-8"), but \(check.invalid) bytes are not UTF-8"
            ))
        // A few stray bytes among much UTF-8, or another encoding altogether.
        if check.multiByte >= check.invalid {
            return DecodedDocument(bytes: UTF8Check.repaired(bytes), encoding: .utf8, problems: problems)
        }
        let guess = LegacyEncodingGuess.best(bytes, meter)
        let (decoded, _) = transcode(guess, from: 0)
        return DecodedDocument(bytes: decoded, encoding: guess, problems: problems)
    }

    private mutating func decode(_ encoding: CharacterEncoding, dropping length: Int) -> DecodedDocument {
        if encoding == .utf8 {
            let rest = UnsafeBufferPointer(rebasing: bytes[length...])
            let check = UTF8Check(rest)
            if check.isValid {
                return DecodedDocument(
                    bytes: check.controls > 0 ? UTF8Check.repaired(rest) : Array(rest), encoding: .utf8,
                    problems: problems)
            }
            problems.append(
                ParseProblem(.encodingMismatch, "the byte order mark says utf-8, but \(check.invalid) bytes are not"))
            return DecodedDocument(bytes: UTF8Check.repaired(rest), encoding: .utf8, problems: problems)
        }
        let (decoded, errors) = transcode(encoding, from: length)
        if errors > 0 {
            problems.append(ParseProblem(.encodingMismatch, "not all bytes are \(encoding.name)"))
        }
        return DecodedDocument(bytes: decoded, encoding: encoding, problems: problems)
    }

    private func transcode(_ encoding: CharacterEncoding, from start: Int) -> (bytes: [UInt8], errors: Int) {
        let rest = UnsafeBufferPointer(rebasing: bytes[min(start, bytes.count)...])
        guard let transcoder = Transcoder(encoding.iconvName) else { return (UTF8Check.repaired(rest), 1) }
        return transcoder.decode(rest, isSingleByte: encoding.isSingleByte, meter)
    }

    // MARK: what the bytes begin with

    private func byteOrderMark() -> (CharacterEncoding, Int)? {
        if bytes.starts(with: [0xEF, 0xBB, 0xBF]) { return (.utf8, 3) }
        if bytes.starts(with: [0x00, 0x00, 0xFE, 0xFF]) { return (.utf32BE, 4) }
        if bytes.starts(with: [0xFF, 0xFE, 0x00, 0x00]) { return (.utf32LE, 4) }
        if bytes.starts(with: [0xFE, 0xFF]) { return (.utf16BE, 2) }
        if bytes.starts(with: [0xFF, 0xFE]) { return (.utf16LE, 2) }
        return nil
    }

    /// `<` (or `{`, or white space) as the first unit of UTF-16 or UTF-32; EBCDIC's `<?xm`.
    private func wideWithoutMark() -> CharacterEncoding? {
        guard bytes.count >= 4 else { return nil }
        func isFirst(_ byte: UInt8) -> Bool { byte == 0x3C || byte == 0x7B || byte.isXMLSpace }
        switch (bytes[0], bytes[1], bytes[2], bytes[3]) {
        case (0, 0, 0, let b) where isFirst(b): return .utf32BE
        case (let b, 0, 0, 0) where isFirst(b): return .utf32LE
        case (0, let a, 0, let b) where isFirst(a) && b != 0: return .utf16BE
        case (let a, 0, let b, 0) where isFirst(a) && b != 0: return .utf16LE
        case (0x4C, 0x6F, 0xA7, 0x94):
            // The declaration is of characters that all EBCDIC pages share.
            let start =
                Transcoder("IBM037")?.decode(
                    UnsafeBufferPointer(rebasing: bytes.prefix(512)), isSingleByte: true, meter
                ).bytes ?? []
            let label = start.withUnsafeBufferPointer { DocumentDecoder(bytes: $0, meter: meter).declaration() }
            return label.flatMap(CharacterEncoding.ofEBCDIC) ?? CharacterEncoding(name: "cp037", iconvName: "IBM037")
        default: return nil
        }
    }

    /// The `encoding` of an XML declaration, which may have blanks and a comment before it.
    private func declaration() -> String? {
        var scanner = ByteScanner(bytes)
        var at = 0
        while let open = scanner.find(UInt8(ascii: "<"), from: at) {
            if scanner.matches("<!--", at: open) {
                guard let end = scanner.findEnd("-->", from: open) else { return nil }
                at = end
                continue
            }
            guard scanner.matchesIgnoringCase("<?xml", at: open) else { return nil }
            let window = UnsafeBufferPointer(rebasing: bytes[open..<min(bytes.count, open + 1024)])
            return DocumentDecoder.pseudoAttribute("encoding", in: window)
        }
        return nil
    }

    private static func pseudoAttribute(_ name: StaticString, in window: UnsafeBufferPointer<UInt8>) -> String? {
        var scanner = ByteScanner(window)
        guard let end = scanner.find(UInt8(ascii: ">"), from: 0), let after = scanner.findEnd(name, from: 0),
            after < end
        else { return nil }
        var at = after
        while at < end, window[at].isXMLSpace || window[at] == UInt8(ascii: "=") { at += 1 }
        guard at < end else { return nil }
        let quote = window[at]
        var label: [UInt8] = []
        if quote == UInt8(ascii: "\"") || quote == UInt8(ascii: "'") {
            at += 1
            while at < end, window[at] != quote {
                label.append(window[at])
                at += 1
            }
        } else {
            while at < end, !window[at].isXMLSpace, window[at] != UInt8(ascii: "?") {
                label.append(window[at])
                at += 1
            }
        }
        return String(decoding: label, as: UTF8.self).trimmed
    }

    /// The `charset` parameter of a Content-Type value (RFC 9110, 8.3.1), quoted or not.
    static func charset(of contentType: String) -> String? {
        for part in contentType.split(separator: ";").dropFirst() {
            let pair = part.split(separator: "=", maxSplits: 1)
            guard pair.count == 2, String(pair[0]).trimmed?.lowercased() == "charset" else { continue }
            let value = pair[1].filter { $0 != "\"" && $0 != "'" }
            return String(value.split(separator: ",").first ?? "").trimmed
        }
        return nil
    }
}
