import FeedModel

extension Draft {
    /// RSS 1.0's syndication module.
    mutating func takeSyndication(_ e: XMLElement) -> Bool {
        guard isFeed, let text = e.text else { return false }
        switch e.tag {
        case .updateperiod:
            let period: Int? =
                switch text.lowercased() {
                case "hourly": 3600
                case "daily": 86_400
                case "weekly": 604_800
                case "monthly": 2_592_000
                case "yearly", "annually": 31_536_000
                default: nil
                }
            guard updatePeriodSeconds == nil, let period else { return false }
            updatePeriodSeconds = period
            return true
        case .updatefrequency:
            guard updateFrequency == nil, let times = Numbers.integer(text), times > 0 else { return false }
            updateFrequency = times
            return true
        default: return false
        }
    }

    /// Vocabularies of which one or two elements are fields.
    mutating func takeOther(_ e: XMLElement, _ scope: Scope, _ log: ProblemLog) -> Bool {
        switch (e.namespace, e.tag) {
        case (.admin, .generatoragent) where isFeed:
            guard let url = (e.attribute(.resource) ?? e.text)?.trimmed else { return false }
            if generator == nil { generator = Generator(url: url) }
            return true
        case (.prism, .publicationdate): return published.offer(date(e, log), 3)
        case (.prism, .modificationdate): return modified.offer(date(e, log), 3)
        case (.webfeeds, .icon) where isFeed:
            logo = logo ?? scope.resolve(e.text)
            return true
        case (.webfeeds, .cover) where isFeed: return image.offer(scope.resolve(e.attribute(.image)), 6)
        default: return false
        }
    }
}
