import CCurl
import FeedModel
import Foundation

/// One exchange in flight. Confined to the thread of its `TransferLoop`, libcurl's callbacks included.
final class Transfer {
    typealias Outcome = Result<HTTPResponse, TransferFailure>

    let id: UInt64
    let request: HTTPRequest
    let easy: EasyHandle
    let continuation: CheckedContinuation<Outcome, Never>

    private let budget: BodyBudget
    private let lines = HeaderList()
    private let errorText: UnsafeMutablePointer<CChar>
    private let started = ContinuousClock.now
    private var isProxied = false

    private var head = ResponseHead()
    private var headerBytes = 0
    private var headerLines = 0
    private var bodyBytesOnWire = 0
    private var decoder: BodyDecoder?
    /// So many bytes of what libcurl hands over next were used before it was paused.
    private var usedAhead = 0
    /// What a callback found: the reason why it stopped the transfer.
    private(set) var verdict: TransferFailure?
    /// An address that the policy forbids, and whether any that it allows was tried.
    private var refusedAddress: String?
    private var triedAllowedAddress = false
    private var wasPaused = false

    init(_ submission: Submission, easy: EasyHandle, budget: BodyBudget) {
        id = submission.id
        request = submission.request
        continuation = submission.continuation
        self.easy = easy
        self.budget = budget
        errorText = .allocate(capacity: Int(CURL_ERROR_SIZE))
        errorText.initialize(repeating: 0, count: Int(CURL_ERROR_SIZE))
    }

    deinit { errorText.deallocate() }

    // MARK: Options

    /// Sets up the easy handle, or says why this cannot be asked at all.
    func prepare(_ environment: TransferEnvironment) -> TransferFailure? {
        let proxy = environment.proxy.isEmpty ? nil : WebURL(request.url).flatMap(environment.proxy.proxy)
        isProxied = proxy != nil && request.unixSocketPath == nil
        if isProxied, let refusal = refusalOfLiteralTarget() { return refusal }
        if request.url.hasPrefix("https:"), environment.caFile == nil {
            return failure(
                .tls, "there is no file of certificate authorities: install the package ca-certificates, or set ca_file"
            )
        }
        guard easy.set(CURLOPT_URL, request.url) else { return failure(.badURL, "not a URL that can be asked") }
        setProtocolOptions()
        setCallbacks()
        setHeaders()
        easy.set(CURLOPT_TIMEOUT_MS, request.limits.timeout)
        easy.set(CURLOPT_CONNECTTIMEOUT_MS, request.limits.connectTimeout)
        easy.set(CURLOPT_FORBID_REUSE, !request.keepsConnection)
        // An empty string, unlike none, keeps libcurl from looking into the environment.
        easy.set(CURLOPT_PROXY, isProxied ? proxy : "")
        easy.set(CURLOPT_NOPROXY, "")
        // Without CAPATH the certificates are loaded once, not hashed and looked up for every connection.
        easy.set(CURLOPT_CAINFO, environment.caFile)
        easy.set(CURLOPT_CAPATH, String?.none)
        easy.set(CURLOPT_PROXY_CAINFO, environment.caFile)
        easy.set(CURLOPT_PROXY_CAPATH, String?.none)
        if let path = request.unixSocketPath { easy.set(CURLOPT_UNIX_SOCKET_PATH, path) }
        return nil
    }

    private func setProtocolOptions() {
        easy.set(CURLOPT_PROTOCOLS_STR, "http,https")
        easy.set(CURLOPT_PATH_AS_IS, true)
        easy.set(CURLOPT_DISALLOW_USERNAME_IN_URL, true)
        easy.set(CURLOPT_HTTP_VERSION, Int(CURL_HTTP_VERSION_2TLS))
        easy.set(CURLOPT_SSLVERSION, Int(CURL_SSLVERSION_TLSv1_2))
        easy.set(CURLOPT_SUPPRESS_CONNECT_HEADERS, true)
        easy.set(CURLOPT_NOSIGNAL, true)
        // A lookup that hangs is left behind; without this, ending its transfer would wait for it and stop
        // the loop.
        easy.set(CURLOPT_QUICK_EXIT, true)
        // Every request looks through libcurl's whole cache of names, so it is kept small: connections are
        // what is reused, and the resolver has a cache of its own.
        easy.set(CURLOPT_DNS_CACHE_TIMEOUT, 2)
        easy.set(CURLOPT_MAXAGE_CONN, 60)
    }

    private func setHeaders() {
        for field in request.headers where field.hasValidName { lines.append(field) }
        for name in ["Accept", "User-Agent"] where request.headers.value(of: name) == nil { lines.suppress(name) }
        switch (request.method, request.body) {
        case ("GET", nil): easy.set(CURLOPT_HTTPGET, true)
        case ("HEAD", nil): easy.set(CURLOPT_NOBODY, true)
        case (let method, let body):
            let body = body ?? []
            easy.set(CURLOPT_POSTFIELDSIZE, body.count)
            // Copied by libcurl, at the length that was set before.
            body.withUnsafeBytes {
                easy.set(
                    CURLOPT_COPYPOSTFIELDS,
                    UnsafeMutableRawPointer(mutating: $0.baseAddress ?? UnsafeRawPointer(errorText)))
            }
            if method != "POST" { easy.set(CURLOPT_CUSTOMREQUEST, method) }
            for name in ["Expect", "Content-Type"] where request.headers.value(of: name) == nil { lines.suppress(name) }
        }
        easy.set(CURLOPT_HTTPHEADER, UnsafeMutableRawPointer(lines.pointer))
    }

    /// All callbacks run on the loop's thread, inside `curl_multi_perform` or `curl_easy_pause`, while the
    /// loop holds this transfer; what they are handed lives until they return.
    private func setCallbacks() {
        let me = Unmanaged.passUnretained(self).toOpaque()
        easy.set(CURLOPT_PRIVATE, me)
        easy.set(CURLOPT_ERRORBUFFER, UnsafeMutableRawPointer(errorText))
        easy.set(CURLOPT_WRITEDATA, me)
        _ = ccurl_set_data_callback(easy.pointer, CURLOPT_WRITEFUNCTION) { bytes, size, count, me in
            guard let transfer = Transfer.at(me) else { return 0 }
            return transfer.receiveBody(UnsafeRawBufferPointer(start: bytes, count: size * count))
        }
        easy.set(CURLOPT_HEADERDATA, me)
        _ = ccurl_set_data_callback(easy.pointer, CURLOPT_HEADERFUNCTION) { bytes, size, count, me in
            guard let transfer = Transfer.at(me) else { return 0 }
            return transfer.receiveHeader(UnsafeRawBufferPointer(start: bytes, count: size * count))
        }
        easy.set(CURLOPT_OPENSOCKETDATA, me)
        _ = ccurl_set_opensocket_callback(easy.pointer) { me, _, address in
            guard let transfer = Transfer.at(me), let address else { return CURL_SOCKET_BAD }
            return transfer.openSocket(address)
        }
        easy.set(CURLOPT_PREREQDATA, me)
        _ = ccurl_set_prereq_callback(easy.pointer) { me, address, _, _, _ in
            guard let transfer = Transfer.at(me), transfer.mayAsk(over: address) else { return CURL_PREREQFUNC_ABORT }
            return CURL_PREREQFUNC_OK
        }
    }

    /// The transfer behind a callback's pointer.
    static func at(_ pointer: UnsafeMutableRawPointer?) -> Transfer? {
        pointer.map { Unmanaged<Transfer>.fromOpaque($0).takeUnretainedValue() }
    }

    // MARK: Address guard

    /// Opens a socket for a connection to this address, or refuses.
    private func openSocket(_ address: UnsafeMutablePointer<curl_sockaddr>) -> curl_socket_t {
        let sockaddr = ccurl_socket_address(address)
        if let sockaddr, request.unixSocketPath == nil, !isProxied {
            guard let ip = SocketAddress.ip(sockaddr, length: Int(address.pointee.addrlen)),
                request.addressPolicy.allows(ip)
            else {
                refusedAddress = SocketAddress.ip(sockaddr, length: Int(address.pointee.addrlen))?.description
                return CURL_SOCKET_BAD
            }
        }
        triedAllowedAddress = true
        return SocketAddress.openSocket(address.pointee)
    }

    /// A connection that is already there may have been opened under another request's policy: what it is
    /// connected to is judged again before the request goes out.
    private func mayAsk(over address: UnsafePointer<CChar>?) -> Bool {
        if request.unixSocketPath != nil || isProxied || request.addressPolicy == .any { return true }
        let text = address.map { String(cString: $0) } ?? ""
        if let ip = IPAddress(text), request.addressPolicy.allows(ip) { return true }
        refusedAddress = text
        verdict = addressRefused(text)
        return false
    }

    /// Behind a proxy only a target that is written as an address can be judged, in any of the spellings
    /// that lead there (`inet_aton`: decimal, octal, hexadecimal, short).
    private func refusalOfLiteralTarget() -> TransferFailure? {
        guard request.addressPolicy != .any, var url = WebURL(request.url) else { return nil }
        guard let decoded = url.decodedHost else { return failure(.badURL, "not a host that can be asked") }
        url.host = decoded
        guard let host = url.canonicalHost else { return nil }
        // libcurl has its own way from these to ASCII, and may find an address where we found none.
        guard host.utf8.allSatisfy({ $0 < 0x80 }) else { return failure(.badURL, "not a host that can be asked") }
        guard let ip = SocketAddress.literal(host) else {
            return SocketAddress.looksLiteral(host) ? addressRefused(host) : nil
        }
        return request.addressPolicy.allows(ip) ? nil : addressRefused(ip.description)
    }

    private func addressRefused(_ address: String) -> TransferFailure {
        failure(
            .addressRefused,
            "\(address) is not a public address, and allow_private_addresses does not allow it")
    }

    // MARK: The answer

    private func receiveHeader(_ line: UnsafeRawBufferPointer) -> Int {
        headerBytes += line.count
        guard headerBytes <= TransferLimits.maxHeaderBytes else {
            return stop(.tooLarge, "headers of more than \(TransferLimits.maxHeaderBytes >> 10) KiB")
        }
        headerLines += 1
        guard headerLines <= TransferLimits.maxHeaderLines else {
            return stop(.tooLarge, "headers of more than \(TransferLimits.maxHeaderLines) lines")
        }
        let wasComplete = head.isComplete
        head.receive(line: line)
        if head.isComplete, !wasComplete, isTooLargeByItsLength {
            return stop(.tooLarge, "the body is larger than max_body, \(request.limits.maxBody) bytes")
        }
        return line.count
    }

    private var isTooLargeByItsLength: Bool {
        guard head.isSuccess, head.status != 204, request.method != "HEAD", let length = head.contentLength
        else { return false }
        return length > request.limits.maxBodyOnWire || (length > request.limits.maxBody && head.codings.isEmpty)
    }

    private func receiveBody(_ bytes: UnsafeRawBufferPointer) -> Int {
        var input = bytes
        let used = min(usedAhead, bytes.count)
        input.drop(used)
        guard bodyBytesOnWire + input.count <= request.limits.maxBodyOnWire else {
            return stop(.tooLarge, "the body is larger than max_body, \(request.limits.maxBody) bytes")
        }
        do {
            let decoder = try decoderForBody()
            var goesOn = true
            while goesOn {
                let now = ContinuousClock.now
                guard budget.admits(id, at: now) else {
                    usedAhead += bytes.count - used - input.count
                    wasPaused = true
                    return Int(CURL_WRITEFUNC_PAUSE)
                }
                let before = input.count
                goesOn = try decoder.step(&input)
                bodyBytesOnWire += before - input.count
                budget.update(id, held: decoder.memory, received: before - input.count, at: now)
            }
        } catch {
            verdict = failure(error)
            return 0
        }
        usedAhead -= used
        return bytes.count
    }

    private func decoderForBody() throws(BodyFailure) -> BodyDecoder {
        if let decoder { return decoder }
        let codings = head.codings
        let decoder = try BodyDecoder(codings, limit: request.limits.maxBody)
        if codings.isEmpty, let length = head.contentLength { decoder.reserve(min(length, 1 << 20)) }
        self.decoder = decoder
        return decoder
    }

    /// Any return value but the number of bytes ends the transfer.
    private func stop(_ code: TransferFailure.Code, _ message: String) -> Int {
        verdict = failure(code, message)
        return 0
    }

    // MARK: The outcome

    /// What became of it, once libcurl is done with it.
    func outcome(_ result: CURLcode) -> Outcome {
        var problem = verdict ?? (result == CURLE_OK ? nil : failure(result))
        if problem == nil {
            do { try finishBody() } catch { problem = failure(error) }
        }
        // The status of an answer that is no success is all there is to know: it counts although its body
        // is cut, endless or in no known coding.
        if let problem, !head.isComplete || head.isSuccess { return .failure(problem) }
        guard head.isComplete else {
            return .failure(failure(.reset, "the connection was closed before the header was complete"))
        }
        return .success(
            HTTPResponse(
                status: head.status, reason: head.reason, httpVersion: head.httpVersion, headers: head.fields,
                body: decoder?.take() ?? [],
                bytesOnWire: bytesOnWire, remoteAddress: easy.string(CURLINFO_PRIMARY_IP),
                duration: ContinuousClock.now - started))
    }

    /// What becomes of it because it stands still.
    func outcomeOfStandingStill() -> Outcome {
        verdict = failure(
            .timeout, "next to nothing came for \(BodyBudget.patience), while others waited for the memory it held")
        return outcome(CURLE_OPERATION_TIMEDOUT)
    }

    private func finishBody() throws(BodyFailure) {
        guard let decoder else { return }
        var none = UnsafeRawBufferPointer(start: nil, count: 0)
        while try decoder.step(&none, isEnd: true) {}
    }

    func failure(_ code: TransferFailure.Code, _ message: String) -> TransferFailure {
        TransferFailure(code, "\(hostForMessages): \(message)", bytesOnWire: bytesOnWire)
    }

    private var bytesOnWire: Int { headerBytes + bodyBytesOnWire }

    private var hostForMessages: String {
        guard request.unixSocketPath == nil else { return request.unixSocketPath ?? "" }
        guard let url = WebURL(request.url), let host = url.host else { return "no host" }
        return url.port.map { "\(host):\($0)" } ?? host
    }

    private func failure(_ failure: BodyFailure) -> TransferFailure {
        switch failure {
        case .tooLarge(let limit):
            self.failure(.tooLarge, "the body is larger than max_body, \(limit) bytes")
        case .truncated(let coding):
            self.failure(.truncated, "the \(coding) stream ends before its end")
        case .corrupt(let coding):
            self.failure(.badEncoding, "the body is said to be \(coding) and is not")
        case .tooManyCodings(let limit):
            self.failure(.badEncoding, "the body is in more than \(limit) codings, one within the other")
        case .unknownCoding(let name):
            self.failure(
                .badEncoding, "the body is in the coding \(name.prefix(40).debugDescription), which was not asked for")
        }
    }

    private func failure(_ result: CURLcode) -> TransferFailure {
        if result == CURLE_COULDNT_CONNECT, let refusedAddress, !triedAllowedAddress {
            return addressRefused(refusedAddress)
        }
        var text = String(cString: errorText)
        if text.isEmpty { text = String(cString: curl_easy_strerror(result)) }
        // Parts of it can come from the server.
        text = String(
            String.UnicodeScalarView(text.unicodeScalars.map { $0.value < 0x20 || $0.value == 0x7F ? " " : $0 }))
        while text.last == " " { text.removeLast() }
        if wasPaused, result == CURLE_OPERATION_TIMEDOUT {
            text += " (it was held back for a time, because the bodies in flight filled their memory)"
        }
        // How this libcurl says that one line does not end (its limit is 100 KiB).
        if result == CURLE_OUT_OF_MEMORY {
            return failure(.tooLarge, "a line of the header is longer than 100 KiB")
        }
        // Broken chunks have the result of a broken connection.
        if result == CURLE_RECV_ERROR, text.contains("chunked-encoding") { return failure(.badResponse, text) }
        return failure(TransferFailure.Code(result, tunnelStatus: easy.long(CURLINFO_HTTP_CONNECTCODE)), text)
    }
}

/// What all transfers of a client share.
struct TransferEnvironment: Sendable {
    var proxy: ProxyRule
    var caFile: String?
}

/// What the loop can be told at any time.
struct TransferSettings: Sendable {
    var environment: TransferEnvironment
    var maximumConcurrency: Int

    init(_ configuration: HTTPClientConfiguration) throws(HTTPClientError) {
        let environment = ProcessInfo.processInfo.environment
        let proxy =
            switch configuration.proxy {
            case .environment: ProxyRule(environment: environment)
            case .none: ProxyRule.none
            case .url(let url): ProxyRule(url: url)
            }
        self.environment = TransferEnvironment(
            proxy: proxy, caFile: try configuration.resolvedCAFile(environment: environment))
        maximumConcurrency = max(1, configuration.maximumConcurrency)
    }
}
