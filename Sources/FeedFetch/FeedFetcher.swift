public import FeedModel

/// Admission to hosts. The caller of `FeedFetcher.fetch` has entered the host of the request's URL already.
public protocol HostGate: Sendable {
    /// Leaves `from` and enters `to`, which may be the same host: then it waits for its next permitted start.
    ///
    /// - Returns: `nil` once `to` is entered; else until when `to` is paused, and nothing is held any more.
    func move(from: String, to: String) async -> Timestamp?
}

/// Fetches a feed: one GET, and one more for each redirect; or reads a file that the configuration names.
public struct FeedFetcher: Sendable {
    private let client: HTTPClient
    private let gate: any HostGate

    public init(client: HTTPClient, gate: any HostGate) {
        self.client = client
        self.gate = gate
    }

    /// Of what comes back, what the configuration keeps secret is `***`.
    public func fetch(_ request: FeedRequest) async -> FetchOutcome {
        OwnSecrets(request).removed(from: await outcome(of: request))
    }

    private func outcome(of request: FeedRequest) async -> FetchOutcome {
        let started = ContinuousClock.now
        var hops: [Hop] = []
        var bytesOnWire = 0
        if request.readsFile, let file = WebURL(request.url), let path = file.filePath {
            return FeedFile.fetch(request, path: path).holding(file.limitedHost)
        }
        guard var url = WebURL(request.url), url.isHTTP, var host = url.canonicalHost else {
            let message =
                "\(request.url.debugDescription) is no http or https URL, nor a file that the configuration names"
            return .failure(FetchFailure(code: .dns, message: message, heldHost: WebURL(request.url)?.limitedHost))
        }
        while true {
            let headers = FeedHeaders(request, for: url)
            let answer: HTTPResponse
            switch await client.send(FeedFetcher.exchange(request, url, headers)) {
            case .success(let response): answer = response
            case .failure(let failure):
                return .failure(
                    FetchFailure(
                        code: FetchFailure.Code(failure.code, isRedirected: !hops.isEmpty), message: failure.message,
                        hops: hops, bytesOnWire: bytesOnWire + failure.bytesOnWire, heldHost: host))
            }
            bytesOnWire += answer.bytesOnWire
            let step = RedirectPolicy.step(
                status: answer.status, location: answer.headers.value(of: "Location"), from: url, hops: hops,
                maxRedirects: request.maxRedirects)
            switch step {
            case .final:
                return .response(
                    FeedResponse(
                        status: answer.status, reason: answer.reason, httpVersion: answer.httpVersion,
                        headers: answer.headers,
                        body: answer.body,
                        finalURL: hops.last?.to ?? request.url, hops: hops,
                        permanentURL: RedirectPolicy.permanentURL(hops), requestHeaders: headers.redacted,
                        wasConditional: headers.isConditional, bytesOnWire: bytesOnWire,
                        remoteAddress: answer.remoteAddress, duration: ContinuousClock.now - started, heldHost: host,
                        lease: answer.lease))
            case .refuse(let code, let message):
                return .failure(
                    FetchFailure(
                        code: code, message: "\(host): \(message)", hops: hops, bytesOnWire: bytesOnWire, heldHost: host
                    ))
            case .follow(let hop):
                // The policy made `to` from a URL with a host.
                guard let next = WebURL(hop.to), let nextHost = next.canonicalHost else {
                    return .failure(
                        FetchFailure(
                            code: .badRedirect, message: "\(host): redirects to \(hop.to), which is no URL", hops: hops,
                            bytesOnWire: bytesOnWire, heldHost: host))
                }
                hops.append(hop)
                if let pausedUntil = await gate.move(from: host, to: nextHost) {
                    return .failure(
                        FetchFailure(
                            code: .hostPaused,
                            message: "redirects to \(nextHost), which is paused until \(pausedUntil.rfc3339Seconds)",
                            hops: hops, bytesOnWire: bytesOnWire, pausedUntil: pausedUntil))
                }
                (url, host) = (next, nextHost)
            }
        }
    }

    private static func exchange(_ request: FeedRequest, _ url: WebURL, _ headers: FeedHeaders) -> HTTPRequest {
        var exchange = HTTPRequest(url: url.wireForm, addressPolicy: request.addressPolicy)
        exchange.headers = headers.fields
        exchange.limits = request.limits
        exchange.keepsConnection = request.keepsConnection
        return exchange
    }
}
