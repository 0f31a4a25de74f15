import Archive
import FeedModel

/// When two articles are one story: they say almost the same. They stay two articles.
enum StoryRule {
    /// The version of what is compared and how: stories that were found by another are found anew.
    static let form = 1

    /// Of all shingles of the two.
    static let leastJaccard = 0.6
    /// Of the smaller one's: an excerpt, a copy with things added.
    static let leastContainment = 0.85
    /// In the containing one a text of fewer says too little to be known by.
    static let leastShingles = 20

    /// Short texts are alike by chance, and by their boilerplate.
    static func isComparable(_ subject: StorySubject) -> Bool {
        subject.length > 0 && CanonicalForm.mayBeSubstantial(length: subject.length)
    }

    static func isOne(_ similarity: Similarity, _ a: Shingles, _ b: Shingles) -> Bool {
        guard min(a.count, b.count) >= leastShingles else { return false }
        return similarity.jaccard >= leastJaccard || similarity.containment >= leastContainment
    }
}
