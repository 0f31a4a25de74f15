public import FeedModel
import Foundation
import Warc

/// A document as it came, to be kept as WARC records.
public struct RawDocument: Sendable {
    /// How it stands to its feed.
    public enum Extent: String, Sendable, CaseIterable {
        /// All that the feed shows.
        case whole
        /// A part of it, by instance manipulation.
        case delta
        /// Sent by a hub.
        case pushed
        /// One of the feed's older pages.
        case older
    }

    /// The message that brought it: heads without the empty line, as HTTP/1.1 writes them.
    public struct Exchange: Sendable {
        /// Without credentials.
        public var request: [UInt8]
        /// Of the body as it is kept.
        public var response: [UInt8]
        /// The address that answered.
        public var address: String?
        /// `h2` and the like.
        public var protocolName: String?

        public init(request: [UInt8], response: [UInt8], address: String?, protocolName: String?) {
            self.request = request
            self.response = response
            self.address = address
            self.protocolName = protocolName
        }
    }

    public var extent: Extent
    /// That answered; of what a hub sent, the topic.
    public var url: String
    /// As it goes out on the wire.
    private var target: String { WebURL(url)?.wireForm ?? url }
    public var contentType: String?
    /// `nil` where there was none: a file, or what a hub sent.
    public var exchange: Exchange?
    /// Decoded.
    public var body: [UInt8]
    public var at: Timestamp
    /// SHA-256 of the body.
    public let digest: [UInt8]

    public init(
        _ extent: Extent, url: String, contentType: String?, exchange: Exchange?, body: [UInt8], at: Timestamp
    ) {
        self.extent = extent
        self.url = url
        self.contentType = contentType
        self.exchange = exchange
        self.body = body
        self.at = at
        digest = WarcDigest.sha256(body)
    }

    /// What is to be written, compressed: records for a document that is another than the last one that was kept, a
    /// small one for an exchange that brought that one again, nothing where there was no exchange.
    public func packed(after last: KeptRecord?) -> PackedDocument {
        let id = UUID().uuidString.lowercased()
        var packed = PackedDocument(
            extent: extent, url: url, contentType: contentType, digest: digest, at: at, uuid: id)
        if let last, last.digest == digest {
            packed.known = last
            packed.kind = WarcRecord.Kind.revisit.rawValue
            if let exchange { packed.record = revisit(id, exchange, of: last).compressed }
            return packed
        }
        guard let exchange else {
            var record = WarcRecord(.resource, id: id, at: at, block: body)
            record.add("WARC-Target-URI", target)
            finish(&record, contentType: contentType ?? "application/octet-stream")
            packed.kind = WarcRecord.Kind.resource.rawValue
            packed.record = record.compressed
            return packed
        }
        let requestID = UUID().uuidString.lowercased()
        var request = WarcRecord(.request, id: requestID, at: at, block: RawDocument.message(exchange.request))
        describe(&request, exchange)
        request.add("WARC-Concurrent-To", WarcRecord.urn(id))
        request.add("Content-Type", "application/http; msgtype=request")
        request.add("WARC-Block-Digest", WarcDigest.text(WarcDigest.sha256(request.block)))
        var response = WarcRecord(.response, id: id, at: at, block: RawDocument.message(exchange.response, body))
        describe(&response, exchange)
        response.add("WARC-Concurrent-To", WarcRecord.urn(requestID))
        finish(&response, contentType: "application/http; msgtype=response")
        packed.kind = WarcRecord.Kind.response.rawValue
        packed.request = request.compressed
        packed.record = response.compressed
        return packed
    }

    /// The same payload again (WARC 1.1, 6.7.2).
    private func revisit(_ id: String, _ exchange: Exchange, of last: KeptRecord) -> WarcRecord {
        var record = WarcRecord(.revisit, id: id, at: at, block: RawDocument.message(exchange.response))
        describe(&record, exchange)
        record.add("WARC-Profile", "http://netpreserve.org/warc/1.1/revisit/identical-payload-digest")
        record.add("WARC-Refers-To", WarcRecord.urn(last.uuid))
        record.add("WARC-Refers-To-Target-URI", WebURL(last.url)?.wireForm ?? last.url)
        record.add("WARC-Refers-To-Date", last.at.rfc3339)
        finish(&record, contentType: "application/http; msgtype=response")
        return record
    }

    private func describe(_ record: inout WarcRecord, _ exchange: Exchange) {
        record.add("WARC-Target-URI", target)
        record.add("WARC-IP-Address", exchange.address)
        record.add("WARC-Protocol", exchange.protocolName)
    }

    private func finish(_ record: inout WarcRecord, contentType: String) {
        record.add("Content-Type", contentType)
        record.add("WARC-Block-Digest", WarcDigest.text(WarcDigest.sha256(record.block)))
        record.add("WARC-Payload-Digest", WarcDigest.text(digest))
    }

    private static func message(_ head: [UInt8], _ body: [UInt8] = []) -> [UInt8] {
        var block: [UInt8] = []
        block.reserveCapacity(head.count + 4 + body.count)
        block += head
        block += "\r\n\r\n".utf8
        block += body
        return block
    }
}

/// A document in the form in which it is written.
public struct PackedDocument: Sendable {
    let extent: RawDocument.Extent
    let url: String
    let contentType: String?
    let digest: [UInt8]
    let at: Timestamp
    let uuid: String
    var kind = ""
    var request: [UInt8] = []
    /// Empty where nothing is to be written.
    var record: [UInt8] = []
    /// The record that holds the payload already.
    var known: KeptRecord?
}

/// A kept document as the archive knows it.
public struct KeptRecord: Hashable, Sendable {
    public var id: Int64
    public var feed: FeedID
    public var extent: RawDocument.Extent
    public var url: String
    public var contentType: String?
    public var at: Timestamp
    /// SHA-256 of the payload.
    public var digest: [UInt8]
    var uuid: String
    var fileName: String
    var offset: Int
    var length: Int
    var requestLength: Int

    /// `warc/FILE@OFFSET`, from the archive's folder.
    public var place: String { KeptRecord.place(fileName, offset) }

    static func place(_ fileName: String, _ offset: Int) -> String { "warc/\(fileName)@\(offset)" }
}
