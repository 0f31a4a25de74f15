import CCurl

/// Owns one easy handle of libcurl. Confined to the thread of its `TransferLoop`.
final class EasyHandle {
    let pointer: UnsafeMutableRawPointer

    init() {
        guard let pointer = curl_easy_init() else { fatalError("libcurl has no memory for a handle") }
        self.pointer = pointer
    }

    deinit { curl_easy_cleanup(pointer) }

    /// Back to the options of a new handle. Its memory, and the connections, sessions and names that the
    /// multi handle keeps, stay.
    func reset() { curl_easy_reset(pointer) }

    // Setting an option fails only without memory or with an option that this libcurl was built without:
    // `HTTPClient` has checked for those, so that results are not looked at one by one.

    func set(_ option: CURLoption, _ value: Int) { _ = ccurl_set_long(pointer, option, value) }
    func set(_ option: CURLoption, _ value: Bool) { _ = ccurl_set_long(pointer, option, value ? 1 : 0) }
    @discardableResult
    func set(_ option: CURLoption, _ value: String?) -> Bool { ccurl_set_string(pointer, option, value) == CURLE_OK }
    func set(_ option: CURLoption, _ value: UnsafeMutableRawPointer?) { _ = ccurl_set_pointer(pointer, option, value) }
    /// Whole milliseconds, at least one: to libcurl 0 is no limit.
    func set(_ option: CURLoption, _ value: Duration) {
        let (seconds, attoseconds) = value.components
        let milliseconds = min(max(seconds, 0), 1 << 40) * 1000 + attoseconds / 1_000_000_000_000_000
        _ = ccurl_set_long(pointer, option, max(1, Int(milliseconds)))
    }

    func long(_ info: CURLINFO) -> Int {
        var value = 0
        _ = ccurl_get_long(pointer, info, &value)
        return value
    }

    func string(_ info: CURLINFO) -> String? {
        var value: UnsafeMutablePointer<CChar>?
        guard ccurl_get_string(pointer, info, &value) == CURLE_OK, let value, value.pointee != 0 else { return nil }
        return String(cString: value)
    }
}

/// Owns a list of header lines for libcurl, which reads it until the transfer is over.
final class HeaderList {
    private(set) var pointer: UnsafeMutablePointer<curl_slist>?

    deinit { curl_slist_free_all(pointer) }

    /// `Name: value`. libcurl writes an empty value only if it is asked for by `Name;`.
    func append(_ field: HTTPField) {
        let value = HTTPField.cleanValue(field.value)
        var line: [CChar] = []
        line.reserveCapacity(field.name.utf8.count + value.count + 3)
        line.append(contentsOf: field.name.utf8.lazy.map { CChar(bitPattern: $0) })
        line.append(contentsOf: (value.isEmpty ? ";" : ": ").utf8.lazy.map { CChar(bitPattern: $0) })
        line.append(contentsOf: value.lazy.map { CChar(bitPattern: $0) })
        line.append(0)
        append(line: line)
    }

    /// `Name:` alone: libcurl does not send this field of its own.
    func suppress(_ name: String) {
        append(line: Array((name + ":").utf8CString))
    }

    private func append(line: [CChar]) {
        // The line is copied; nil means that there is no memory, and the list is as it was.
        if let longer = curl_slist_append(pointer, line) { pointer = longer }
    }
}
