import FeedFetch
import FeedModel
import Foundation
import TestSupport
import Testing

func makeClient(_ change: (inout HTTPClientConfiguration) -> Void = { _ in }) throws -> HTTPClient {
    var configuration = HTTPClientConfiguration()
    configuration.proxy = .none
    change(&configuration)
    return try HTTPClient(configuration)
}

func request(_ url: String, _ change: (inout HTTPRequest) -> Void = { _ in }) -> HTTPRequest {
    var request = HTTPRequest(url: url, addressPolicy: .any)
    change(&request)
    return request
}

extension Result {
    var failure: Failure? {
        if case .failure(let failure) = self { return failure }
        return nil
    }
}

extension HTTPResponse {
    var text: String { String(decoding: body, as: UTF8.self) }
}

/// Until something holds that another thread brings about.
func eventually(_ condition: () -> Bool) async throws -> Bool { try await comesTrue { condition() } }
