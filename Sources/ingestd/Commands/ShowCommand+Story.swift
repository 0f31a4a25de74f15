import Archive
import FeedModel

extension ShowCommand {
    /// The articles of a story, each with its links to those before it.
    func showStory(of article: ArchivedArticle, in archive: Archive) throws {
        guard let story = try archive.story(of: article.id) else {
            let isKnown = try archive.storyWasLookedFor(article.id)
            if !global.quiet {
                Terminal.message(
                    isKnown
                        ? "note: the archive holds nothing else that says almost the same"
                        : "note: what says almost the same has not been looked for yet; the daemon does, and 'run --once'"
                )
            }
            return
        }
        for member in story.articles {
            let links = story.links.filter { $0.article == member.id }
            if global.json {
                var json = JSONWriter()
                json.object { json in
                    json.member("story", Int(story.number.rawValue))
                    json.member("article", Int(member.id.rawValue))
                    json.member("title", member.title)
                    json.member("url", member.url)
                    json.member("feed", member.feedURL)
                    json.member("first_seen", Timestamp(seconds: member.firstSeen.seconds))
                    json.array("links") { json in
                        for link in links {
                            json.object { json in
                                json.member("article", Int(link.other.rawValue))
                                json.member("jaccard", rounded(link.similarity.jaccard))
                                json.member("containment", rounded(link.similarity.containment))
                            }
                        }
                    }
                }
                json.newline()
                Terminal.output.write(json.bytes)
                continue
            }
            Terminal.output.line(ArticlesCommand.line(member))
            for link in links {
                let similarity = link.similarity
                Terminal.output.line(
                    "    like \(link.other.rawValue): \(percent(similarity.jaccard)) of all word triples shared, "
                        + "\(percent(similarity.containment)) of the shorter one's")
            }
        }
    }

    private func rounded(_ part: Double) -> Double { (part * 1000).rounded() / 1000 }

    private func percent(_ part: Double) -> String { "\(Int((part * 100).rounded(.down))) %" }
}
