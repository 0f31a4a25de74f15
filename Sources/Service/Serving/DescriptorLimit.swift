import Glibc

/// How many files and connections the process may have open, and how many of them are for those who connect to `listen`.
public enum DescriptorLimit {
    /// More is of no use, and some systems have no limit at all.
    private static let most: rlim_t = 65_536

    /// Raises the limit to the highest that this process may have without asking anybody.
    ///
    /// - Returns: the limit that holds.
    @discardableResult
    public static func raise() -> Int {
        let resource = __rlimit_resource_t(RLIMIT_NOFILE.rawValue)
        var limit = rlimit()
        guard getrlimit(resource, &limit) == 0 else { return 1024 }
        let wanted = min(limit.rlim_max, max(limit.rlim_cur, most))
        if wanted > limit.rlim_cur {
            var raised = limit
            raised.rlim_cur = wanted
            if setrlimit(resource, &raised) == 0 { limit = raised }
        }
        return Int(clamping: limit.rlim_cur)
    }

    /// How many connections `listen` has: as many as are asked for, and at most half of what transfers, the archive and the
    /// control socket leave.
    ///
    /// - Parameters:
    ///   - limit: as `raise` returned it.
    ///   - transfers: at once. Each may have a connection and look up a name, and some connections are kept beside.
    public static func connections(asked: Int, limit: Int, transfers: Int) -> Int {
        let others = 2 * transfers + kept + archive
        return min(asked, max((limit - others) / 2, fewest))
    }

    /// Connections to publishers that are kept for the next poll.
    private static let kept = 256
    /// The archive's files for each that reads or writes, the control socket's connections, logs, threads.
    private static let archive = 128
    /// With fewer nothing is served at all.
    private static let fewest = 16
}
