import Ingest
import Testing

@Suite struct HostLimitsTests {
    @Test(arguments: [
        ("example.org", 4), ("www.example.org", 2), ("example.net", 2), ("a.example.net", 1), ("b.a.example.net", 1),
        ("deep.example.net", 8), ("x.deep.example.net", 9), ("y.x.deep.example.net", 9), ("notexample.net", 2),
        ("127.0.0.1", 7), ("[::1]", 6), ("localhost", 2), ("", 2),
    ])
    func theNearestOverrideHolds(host: String, perHost: Int) {
        let limits = HostLimits(
            concurrency: 1, perHost: 2, hostDelay: .seconds(1),
            overrides: [
                "example.org": HostLimit(perHost: 4, hostDelay: .zero),
                "*.example.net": HostLimit(perHost: 1, hostDelay: .seconds(10)),
                "deep.example.net": HostLimit(perHost: 8, hostDelay: .zero),
                "*.deep.example.net": HostLimit(perHost: 9, hostDelay: .zero),
                "127.0.0.1": HostLimit(perHost: 7, hostDelay: .zero), "[::1]": HostLimit(perHost: 6, hostDelay: .zero),
            ])
        #expect(limits.of(host).perHost == perHost)
    }
}
