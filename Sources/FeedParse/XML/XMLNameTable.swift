import CXML2

/// The names of a document, each once.
///
/// libxml2 interns strings in its context's dictionary: equal ones are equal pointers.
struct XMLNameTable {
    private(set) var all: [XMLName] = []
    /// Of libxml2's strings, those that are part of no name here: declarations that nothing uses, and their like.
    private var others: Set<UInt> = []
    /// Open addressing over the three pointers, grown by doubling.
    private var slots: [(local: UInt, prefix: UInt, uri: UInt, name: Int32)] =
        Array(repeating: (0, 0, 0, -1), count: 128)

    /// How many different strings libxml2 keeps, about.
    var count: Int { all.count + others.count }

    mutating func note(_ string: UnsafePointer<xmlChar>?) {
        if let string { others.insert(UInt(bitPattern: string)) }
    }

    /// The name's place in `all`.
    mutating func index(
        local: UnsafePointer<xmlChar>?, prefix: UnsafePointer<xmlChar>?, uri: UnsafePointer<xmlChar>?
    ) -> Int32 {
        let key = (UInt(bitPattern: local), UInt(bitPattern: prefix), UInt(bitPattern: uri))
        var slot = XMLNameTable.hash(key, slots.count)
        while slots[slot].name >= 0 {
            if slots[slot].local == key.0 && slots[slot].uri == key.2 && slots[slot].prefix == key.1 {
                return slots[slot].name
            }
            slot = (slot + 1) & (slots.count - 1)
        }
        let index = Int32(all.count)
        all.append(XMLNameTable.meaning(local: local, prefix: prefix, uri: uri))
        slots[slot] = (key.0, key.1, key.2, index)
        if all.count * 2 > slots.count { growSlots() }
        return index
    }

    private mutating func growSlots() {
        var larger: [(local: UInt, prefix: UInt, uri: UInt, name: Int32)] =
            Array(repeating: (0, 0, 0, -1), count: slots.count * 2)
        for one in slots where one.name >= 0 {
            var slot = XMLNameTable.hash((one.local, one.prefix, one.uri), larger.count)
            while larger[slot].name >= 0 { slot = (slot + 1) & (larger.count - 1) }
            larger[slot] = one
        }
        slots = larger
    }

    private static func hash(_ key: (UInt, UInt, UInt), _ count: Int) -> Int {
        let mixed = (key.0 &* 31 &+ key.1 &* 17 &+ key.2) &* 0x9E37_79B9_7F4A_7C15
        return Int(truncatingIfNeeded: mixed >> 32) & (count - 1)
    }

    private static func meaning(
        local: UnsafePointer<xmlChar>?, prefix: UnsafePointer<xmlChar>?, uri: UnsafePointer<xmlChar>?
    ) -> XMLName {
        func string(_ pointer: UnsafePointer<xmlChar>?) -> String { pointer.map { String(cString: $0) } ?? "" }
        var local = string(local)
        var prefix = string(prefix)
        // With a prefix that nobody declared, libxml2 may hand over the whole name.
        if prefix.isEmpty, uri == nil, let colon = local.firstIndex(of: ":") {
            prefix = String(local[..<colon])
            local = String(local[local.index(after: colon)...])
        }
        let uri = string(uri)
        let namespace =
            uri.isEmpty && !prefix.isEmpty ? Namespace.of(undeclaredPrefix: prefix) : Namespace.of(uri: uri)
        return XMLName(namespace: namespace, tag: Tag.of(local), local: local, prefix: prefix, uri: uri)
    }
}
