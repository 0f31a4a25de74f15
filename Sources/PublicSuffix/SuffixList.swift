import CPSL

/// The public suffix list, by libpsl: the system's file if it is newer than what the library was built with.
///
/// `@unchecked Sendable`: "the functions that query a context do not change it" (libpsl, thread safety); it is made once,
/// before anybody sees it, and freed by this owner alone.
final class SuffixList: @unchecked Sendable {
    static let system = SuffixList()

    /// `psl_ctx_t`; `nil` if the library has neither a file nor a list of its own.
    private let context: OpaquePointer?

    private init() { context = psl_latest(nil) ?? psl_builtin() }

    deinit {
        // "psl_free" ignores the built-in list, which belongs to the library.
        if let context { psl_free(context) }
    }

    /// `nil` for a public suffix, and for a single label.
    func registrableDomain(of host: String) -> String? {
        host.withCString { name in
            // The result points into the name that was given.
            psl_registrable_domain(context, name).map { String(cString: $0) }
        }
    }
}
