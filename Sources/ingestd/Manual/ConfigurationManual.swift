import Ingest

/// feeds.yaml(5), out of the table of its keys.
enum ConfigurationManual {
    static func page(date: String) -> String {
        var page = ManualPage(title: "feeds.yaml", section: 5, date: date)
        page.section("Name")
        page.line("feeds.yaml \\- what ingestd polls, and how")
        page.section("Description")
        page.paragraphs(
            """
            The configuration of ingestd(8), in YAML. It is read at the start and when the daemon is told to reload it; \
            'ingestd check' prints every mistake in it with file, line and column, and a file with mistakes is never \
            half obeyed.

            Durations are a number and a unit, such as 30s, 5m, 2h or 7d; sizes are such as 512KiB or 16MiB. A relative \
            path counts from the folder of the file that names it. What is said once can be used again by YAML's anchors \
            and aliases, and mappings be merged by '<<'.

            Secrets stand in files of their own, which the daemon's user must be able to read; a newline at the end is no \
            part of the secret.
            """)
        for mapping in ConfigurationMapping.allCases {
            page.section(mapping.place)
            page.paragraphs(mapping.introduction)
            for key in mapping.keys {
                page.item("\(ManualPage.bold(key.name + ":")) \(ManualPage.italic(key.type))", description(of: key))
            }
        }
        page.section("Examples")
        page.paragraphs("Two feeds, the second with a name, its own interval and a password:")
        page.example(
            """
            archive: /var/lib/ingestd
            contact: ops@example.org
            feeds:
              - https://example.org/feed.xml
              - url: https://example.com/atom
                title: My name for it
                tags: [news]
                interval: 15m
                auth: { username: me, password_file: secrets/example }
            """)
        page.section("See also")
        page.line("\(ManualPage.bold("ingestd"))(8)")
        return page.text
    }

    private static func description(of key: ConfigurationKey) -> String {
        switch key.absent {
        case .required: "\(key.meaning) It may not be left out."
        // Nothing is no news.
        case .value("[]"), .value("{}"), .value("null"): key.meaning
        case .value(let value): "\(key.meaning) Default: \(value)."
        case .words(let words): "\(key.meaning) Without it: \(words)."
        }
    }
}
