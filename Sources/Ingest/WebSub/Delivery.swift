import Archive
import FeedModel
import FeedParse

/// A document that a hub has sent: the way of a polled one, from reading on.
///
/// It holds what is new and not what the feed holds, and says nothing of validators or of the feed itself: those
/// are what a poll finds. When its entries were posted counts for the schedule, as with those that a poll finds.
struct Delivery: Sendable {
    let subscription: Subscription
    let entries: [EntryDigest]
    let homePage: String?
    let bytes: Int
    /// The document as it came, where that is kept.
    var raw: PackedDocument?
    let now: Timestamp

    static func read(
        _ body: [UInt8], contentType: String?, of subscription: Subscription, at now: Timestamp
    ) -> Result<Delivery, NotAFeed> {
        FeedReader.read(body, context: DocumentContext(url: subscription.topic, contentType: contentType)).map {
            Delivery(
                subscription: subscription, entries: $0.entries.map(EntryDigest.init), homePage: $0.homePageURL,
                bytes: body.count, now: now)
        }
    }

    /// - Returns: `nil` where the feed is not there any more.
    func commit(in archive: borrowing ArchiveTransaction) throws -> Reconciliation? {
        guard let feed = try archive.feed(subscription.feed),
            // As it stands now: other deliveries may have been committed since this one came.
            var deliveries = try archive.deliveries(of: subscription.id)
        else { return nil }
        // The next poll has what counts of it.
        if StorageAllowance.end(of: feed.poll.stored, at: now) != nil { return Reconciliation() }
        let brought = try archive.countingStored(of: feed.id, at: now) { archive in
            try Reconciler.reconcile(
                entries, of: feed, homePage: homePage ?? feed.poll.homePageURL, documentModified: nil, extent: .pushed,
                record: raw.map { try archive.keep($0, of: feed.id) }, at: now, in: archive)
        }
        if feed.poll.posting.history != nil, !brought.arrivals.isEmpty {
            var posting = feed.poll.posting
            posting.learn(
                arrivals: brought.arrivals, known: brought.known + brought.flooded,
                document: entries.lazy.map(\.instant),
                isPartial: true,
                since: feed.poll.lastSuccess, at: now)
            try archive.save(postingHistory: posting.history, of: feed.id)
        }
        try archive.logPush(
            new: brought.new, revised: brought.revised, duplicates: brought.duplicates,
            firstSightings: brought.firstSightings, bytes: bytes, of: feed.id, at: now)
        deliveries.pushed(somethingNew: brought.firstSightings + brought.revised > 0)
        try archive.noteDelivery(subscription.id, doubt: deliveries.doubt, at: now)
        return brought
    }
}
