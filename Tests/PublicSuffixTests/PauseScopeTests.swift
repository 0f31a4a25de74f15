import PublicSuffix
import Testing

@Suite struct PauseScopeTests {
    @Test(arguments: [
        ("example.org", "example.org"), ("www.example.org", "example.org"), ("a.b.c.example.org", "example.org"),
        ("feeds.bbci.co.uk", "bbci.co.uk"), ("www.asahi.com.tj", "asahi.com.tj"),
        // Strangers under one public suffix.
        ("ana.blogspot.com", "ana.blogspot.com"), ("www.ana.blogspot.com", "ana.blogspot.com"),
        ("ben.github.io", "ben.github.io"),
        // Strangers under a domain that is none.
        ("ana.tumblr.com", "ana.tumblr.com"), ("x.ana.tumblr.com", "ana.tumblr.com"), ("tumblr.com", "tumblr.com"),
        ("ana.substack.com", "ana.substack.com"), ("ana.wordpress.com", "ana.wordpress.com"),
        ("nottumblr.com", "nottumblr.com"),
        // Public suffixes, single labels and addresses stand for themselves.
        ("co.uk", "co.uk"), ("github.io", "github.io"), ("com", "com"), ("localhost", "localhost"),
        ("intranet", "intranet"), ("192.0.2.7", "192.0.2.7"), ("127.0.0.1", "127.0.0.1"), ("127.1", "127.1"),
        ("0x7f.0x1", "0x7f.0x1"), ("[2001:db8::1]", "[2001:db8::1]"), ("2001:db8::1", "2001:db8::1"), ("", ""),
        // Top-level domains that the list does not know have one label.
        ("a.host.invalid", "host.invalid"), ("feed.nas.lan", "nas.lan"),
        // IDNA.
        ("www.xn--bcher-kva.example", "xn--bcher-kva.example"), ("a.xn--55qx5d.cn", "a.xn--55qx5d.cn"),
        ("x.a.xn--55qx5d.cn", "a.xn--55qx5d.cn"),
        // What is no name at all does no harm.
        ("..", ".."), (".example.org", ".example.org"),
    ])
    func scopes(host: String, scope: String) {
        #expect(PauseScope.of(host) == scope)
    }
}
