// swift-tools-version:6.1
import PackageDescription

/// Borders are chosen: what a module imports stays inside it unless it says `public import`.
let settings: [SwiftSetting] = [
    .swiftLanguageMode(.v6),
    .enableUpcomingFeature("ExistentialAny"),
    .enableUpcomingFeature("InternalImportsByDefault"),
    .enableUpcomingFeature("MemberImportVisibility"),
]

let package = Package(
    name: "ingestd",
    products: [
        .executable(name: "ingestd", targets: ["ingestd"])
    ],
    dependencies: [
        .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.2"),
        .package(url: "https://github.com/apple/swift-collections", from: "1.6.0"),
        .package(url: "https://github.com/apple/swift-crypto", from: "4.5.2"),
        .package(url: "https://github.com/apple/swift-http-types", from: "1.8.0"),
        .package(url: "https://github.com/apple/swift-log", from: "1.16.2"),
        .package(url: "https://github.com/apple/swift-nio", from: "2.101.2"),
        .package(url: "https://github.com/groue/GRDB.swift", from: "7.10.0"),
        .package(url: "https://github.com/hummingbird-project/hummingbird", from: "2.28.1", traits: []),
        .package(url: "https://github.com/jpsim/Yams", from: "6.2.2"),
        .package(url: "https://github.com/swift-server/swift-service-lifecycle", from: "2.13.0"),
    ],
    targets: [
        // The C libraries.
        .systemLibrary(
            name: "CXML2", pkgConfig: "libxml-2.0", providers: [.apt(["libxml2-dev"])]),
        .systemLibrary(name: "CPSL", pkgConfig: "libpsl", providers: [.apt(["libpsl-dev"])]),
        .target(
            name: "CCurl",
            linkerSettings: [
                .linkedLibrary("curl"), .linkedLibrary("z"), .linkedLibrary("brotlidec"),
                .linkedLibrary("zstd"),
            ]),

        .target(name: "CZlib", linkerSettings: [.linkedLibrary("z")]),

        // Values and decisions.
        .target(name: "FeedModel", swiftSettings: settings),

        // One foreign dependency each.
        .target(name: "FeedFetch", dependencies: ["CCurl", "FeedModel"], swiftSettings: settings),
        .target(name: "FeedParse", dependencies: ["CXML2", "FeedModel"], swiftSettings: settings),
        .target(name: "PublicSuffix", dependencies: ["CPSL"], swiftSettings: settings),
        .target(
            name: "Warc", dependencies: ["CZlib", "FeedModel", .product(name: "Crypto", package: "swift-crypto")],
            swiftSettings: settings),
        .target(
            name: "Archive",
            dependencies: [
                "FeedModel", "PublicSuffix", "Warc", .product(name: "GRDB", package: "GRDB.swift"),
                .product(name: "GRDBSQLite", package: "GRDB.swift"),
            ],
            swiftSettings: settings),

        // What polls.
        .target(
            name: "Ingest",
            dependencies: [
                "FeedModel", "FeedFetch", "FeedParse", "PublicSuffix", "Archive", "Yams",
                .product(name: "Crypto", package: "swift-crypto"),
                .product(name: "HeapModule", package: "swift-collections"),
                .product(name: "DequeModule", package: "swift-collections"),
                .product(name: "Logging", package: "swift-log"),
            ],
            swiftSettings: settings),

        // What a running daemon offers.
        .target(
            name: "Service",
            dependencies: [
                "FeedModel", "FeedFetch", "Archive", "Ingest",
                .product(name: "DequeModule", package: "swift-collections"),
                .product(name: "Hummingbird", package: "hummingbird"),
                .product(name: "HummingbirdCore", package: "hummingbird"),
                .product(name: "HTTPTypes", package: "swift-http-types"),
                .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "NIOPosix", package: "swift-nio"),
                .product(name: "Logging", package: "swift-log"),
                .product(name: "ServiceLifecycle", package: "swift-service-lifecycle"),
            ],
            swiftSettings: settings),

        .executableTarget(
            name: "ingestd",
            dependencies: [
                "FeedModel", "FeedFetch", "FeedParse", "Archive", "Ingest", "Service",
                .product(name: "ArgumentParser", package: "swift-argument-parser"),
                .product(name: "Logging", package: "swift-log"),
                .product(name: "ServiceLifecycle", package: "swift-service-lifecycle"),
                .product(name: "UnixSignals", package: "swift-service-lifecycle"),
            ],
            swiftSettings: settings,
            // The program needs no Swift where it runs, and starts in half the time. Foundation's own libraries are
            // named because modules that were compiled for its shared form do not ask for them.
            linkerSettings: [
                .unsafeFlags(
                    [
                        "-use-ld=lld", "-static-stdlib", "-lCoreFoundation", "-l_FoundationCollections",
                        "-l_FoundationCShims", "-l_FoundationICU",
                    ], .when(configuration: .release))
            ]),

        // A scripted server, a manual clock, folders: what several tests need.
        .target(
            name: "TestSupport", dependencies: ["FeedModel", .product(name: "Crypto", package: "swift-crypto")],
            path: "Tests/TestSupport", swiftSettings: settings),
        .testTarget(name: "FeedModelTests", dependencies: ["FeedModel"], swiftSettings: settings),
        .testTarget(
            name: "FeedFetchTests", dependencies: ["FeedFetch", "FeedModel", "TestSupport"], swiftSettings: settings),
        .testTarget(name: "FeedParseTests", dependencies: ["FeedParse", "FeedModel"], swiftSettings: settings),
        .testTarget(name: "PublicSuffixTests", dependencies: ["PublicSuffix"], swiftSettings: settings),
        .testTarget(name: "WarcTests", dependencies: ["Warc", "FeedModel", "TestSupport"], swiftSettings: settings),
        .testTarget(
            name: "ArchiveTests",
            dependencies: [
                "Archive", "FeedModel", "TestSupport", .product(name: "GRDB", package: "GRDB.swift"),
                .product(name: "GRDBSQLite", package: "GRDB.swift"),
            ],
            exclude: ["Earlier"], swiftSettings: settings),
        .testTarget(
            name: "IngestTests",
            dependencies: [
                "Ingest", "Archive", "FeedFetch", "FeedModel", "TestSupport",
                .product(name: "GRDB", package: "GRDB.swift"), .product(name: "Logging", package: "swift-log"),
            ],
            swiftSettings: settings),
        .testTarget(
            name: "ServiceTests",
            dependencies: [
                "Service", "Ingest", "Archive", "FeedFetch", "FeedModel", "TestSupport",
                .product(name: "Logging", package: "swift-log"), .product(name: "NIOCore", package: "swift-nio"),
            ],
            swiftSettings: settings),
        // What parsing costs, beside the least that C can do.
        .target(name: "SAXBaseline", dependencies: ["CXML2"], path: "Tests/Benchmarks/SAXBaseline"),
        .executableTarget(
            name: "parse-benchmark", dependencies: ["FeedModel", "FeedParse", "SAXBaseline"],
            path: "Tests/Benchmarks/ParseBenchmark", swiftSettings: settings),
        // How soon the schedule finds entries, beside other feed readers' rules.
        .executableTarget(
            name: "schedule-simulator",
            dependencies: [
                "FeedModel", "Ingest", .product(name: "HeapModule", package: "swift-collections"),
                .product(name: "ArgumentParser", package: "swift-argument-parser"),
            ],
            path: "Tests/Benchmarks/ScheduleSimulator", swiftSettings: settings),
        // What full text costs: indexing, searching, room on the disk.
        .executableTarget(
            name: "search-benchmark", dependencies: ["FeedModel", "Archive", "Ingest"],
            path: "Tests/Benchmarks/SearchBenchmark", swiftSettings: settings),
        .testTarget(
            name: "EndToEndTests", dependencies: ["ingestd", "FeedModel", "TestSupport"], swiftSettings: settings),
    ]
)
