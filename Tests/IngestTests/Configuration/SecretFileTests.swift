import Foundation
import Glibc
import TestSupport
import Testing

@testable import Ingest

/// Who may read a file with a secret.
@Suite struct SecretFileTests {
    @Test(arguments: [
        (0o600, nil), (0o640, nil), (0o400, nil),
        (0o644, "everybody may read (mode 644); make it 640 or 600"),
        (0o604, "everybody may read (mode 604); make it 640 or 600"),
        (0o666, "everybody may read or write (mode 666); make it 640 or 600"),
    ])
    func whatEverybodyMayReadIsAWarning(mode: Int, warning: String?) throws {
        let folder = try TemporaryFolder()
        chmod(try folder.write("pass word\n", to: "pw"), mode_t(mode))
        let text = """
            feeds:
              - url: https://a.example/
                auth: {username: u, password_file: pw}
            webhooks:
              - {url: 'https://b.example/', secret_file: pw}
            """
        let path = try folder.write(text, to: "feeds.yaml")
        let configuration = try ConfigurationReader.read(path: path).get()
        #expect(configuration.feeds.count == 1 && configuration.webhooks.count == 1)
        let places = [("3:40", "password_file"), ("5:46", "secret_file")]
        let expected = warning.map { warning in
            places.map { "\(path):\($0.0): '\($0.1)' names a file that \(warning)" }
        }
        #expect(Set(configuration.warnings.map(\.description)) == Set(expected ?? []))
        // A warning is no setting.
        var other = configuration
        other.warnings = []
        #expect(ConfigurationDiff(from: configuration, to: other).isEmpty)
    }
}
