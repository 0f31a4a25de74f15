import FeedModel
import FeedParse
import Glibc

/// What libFuzzer calls with each input. `INGESTD_FUZZ` chooses what is tried; `Tests/fuzz` builds and runs it.
@_cdecl("LLVMFuzzerTestOneInput")
public func fuzzOneInput(_ start: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
    let bytes = Array(UnsafeBufferPointer(start: start, count: count))
    switch target {
    case "date": tryDate(bytes)
    case "sanitizer": trySanitizer(bytes)
    case "text": tryText(bytes)
    default: tryFeed(bytes)
    }
    return 0
}

private let target = getenv("INGESTD_FUZZ").map { String(cString: $0) } ?? "feed"

/// What was read can be written, and what was written is a feed of as many entries.
private func tryFeed(_ bytes: [UInt8]) {
    let context = DocumentContext(url: "http://example.org/feed", contentType: nil)
    guard case .success(let feed) = FeedReader.read(bytes, context: context) else { return }
    var json = JSONWriter()
    json.feed(feed, contentHash: { _ in nil })
    guard case .success(let again) = FeedReader.read(json.bytes, context: context) else {
        fatalError("what was written is no feed")
    }
    precondition(again.entries.count == feed.entries.count, "entries were lost")
    precondition(again.problems.allSatisfy { $0.code != .notWellFormed }, "what was written is no JSON")
    _ = feed.sanitized()
}

private func tryDate(_ bytes: [UInt8]) {
    guard let instant = DateParser.parse(String(decoding: bytes, as: UTF8.self)) else { return }
    precondition((-1...10_000).contains(instant.civil.year), "a year that cannot be written")
    _ = instant.rfc3339
}

/// Sanitising what is sanitised changes nothing.
private func trySanitizer(_ bytes: [UInt8]) {
    let once = Sanitizer.sanitize(String(decoding: bytes, as: UTF8.self))
    let twice = Sanitizer.sanitize(once)
    precondition(once == twice, "not stable: \(once) becomes \(twice)")
}

/// The text of plain text without markup is itself, but for white space.
private func tryText(_ bytes: [UInt8]) {
    _ = PlainText.ofHTML(String(decoding: bytes, as: UTF8.self))
}
