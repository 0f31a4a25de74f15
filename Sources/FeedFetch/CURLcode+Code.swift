import CCurl

extension TransferFailure.Code {
    /// What a result of libcurl means to us. `tunnelStatus` is a proxy's answer to CONNECT, 0 if there was
    /// none.
    init(_ result: CURLcode, tunnelStatus: Int) {
        switch result {
        case CURLE_OPERATION_TIMEDOUT: self = .timeout
        case CURLE_COULDNT_RESOLVE_HOST, CURLE_COULDNT_RESOLVE_PROXY: self = .dns
        case CURLE_RECV_ERROR where tunnelStatus != 0 && tunnelStatus != 200: self = .connect
        case CURLE_COULDNT_CONNECT, CURLE_PROXY, CURLE_INTERFACE_FAILED: self = .connect
        case CURLE_SSL_CONNECT_ERROR, CURLE_PEER_FAILED_VERIFICATION, CURLE_SSL_CACERT_BADFILE, CURLE_SSL_CIPHER,
            CURLE_SSL_CERTPROBLEM, CURLE_SSL_ISSUER_ERROR, CURLE_SSL_INVALIDCERTSTATUS, CURLE_SSL_PINNEDPUBKEYNOTMATCH,
            CURLE_SSL_CLIENTCERT, CURLE_USE_SSL_FAILED:
            self = .tls
        case CURLE_PARTIAL_FILE: self = .truncated
        case CURLE_RECV_ERROR, CURLE_SEND_ERROR, CURLE_GOT_NOTHING, CURLE_HTTP2_STREAM: self = .reset
        case CURLE_URL_MALFORMAT, CURLE_LOGIN_DENIED: self = .badURL  // the latter: user and password in it
        case CURLE_ABORTED_BY_CALLBACK: self = .cancelled
        default: self = .badResponse
        }
    }
}
