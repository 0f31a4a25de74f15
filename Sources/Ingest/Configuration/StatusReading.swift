import FeedModel

/// `status:`, `metrics:` and `serve:`.
extension ConfigurationReading {
    static let statusKeys = ConfigurationMapping.status.names

    static let metricsKeys = ConfigurationMapping.metrics.names

    static let serveKeys = ConfigurationMapping.serve.names

    mutating func readServe(_ node: YAMLNode, in file: File) {
        let fields = fields(of: node, "'serve'", known: Self.serveKeys, in: file)
        var serve = configuration.serve
        set(&serve.connections, "connections", of: fields) { node throws(Wrong) in try node.integer(1...65_535) }
        configuration.serve = serve
    }

    mutating func readMetrics(_ node: YAMLNode, in file: File) {
        let fields = fields(of: node, "'metrics'", known: Self.metricsKeys, in: file)
        var perFeed = configuration.feedsInMetrics
        set(&perFeed, "per_feed", of: fields) { node throws(Wrong) in try node.integer(0...10_000) }
        configuration.feedsInMetrics = perFeed
    }

    mutating func readStatus(_ node: YAMLNode, in file: File) {
        let fields = fields(of: node, "'status'", known: Self.statusKeys, in: file)
        var status = StatusSettings()
        func share(_ node: YAMLNode) throws(Wrong) -> Int? { try node.share() }
        func time(_ node: YAMLNode) throws(Wrong) -> Duration { try node.duration(zeroIs: .senseless) }
        func size(_ node: YAMLNode) throws(Wrong) -> Int { try node.size(0...(1 << 50)) }
        set(&status.failing, "failing", of: fields, share)
        set(&status.failingCritical, "failing_critical", of: fields, share)
        set(&status.silent, "silent", of: fields, share)
        set(&status.losing, "losing", of: fields, share)
        set(&status.overdue, "overdue", of: fields, time)
        set(&status.news, "no_news", of: fields) { node throws(Wrong) in try node.news() }
        let isFree = set(&status.diskFree, "disk_free", of: fields, size)
        if set(&status.diskFreeCritical, "disk_free_critical", of: fields, size), isFree,
            status.diskFreeCritical > status.diskFree,
            let mark = (fields["disk_free_critical"] ?? fields["disk_free"])?.value.mark
        {
            mistake(
                "'disk_free_critical' is above 'disk_free'; make it less: it is what comes after",
                in: file, at: mark)
        }
        set(&status.starting, "starting", of: fields, time)
        configuration.status = status
    }
}
