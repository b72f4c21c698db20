// swift-tools-version: 6.2
import PackageDescription

let house: [SwiftSetting] = [
    .swiftLanguageMode(.v6),
    .treatAllWarnings(as: .error),
    .enableUpcomingFeature("ExistentialAny"),
    .enableUpcomingFeature("InternalImportsByDefault"),
    .enableUpcomingFeature("MemberImportVisibility"),
    .enableUpcomingFeature("NonisolatedNonsendingByDefault"),
]

/// Every target that is no test: what the compiler cannot prove safe for memory is marked `unsafe`.
let safe: [SwiftSetting] = house + [.strictMemorySafety()]

/// The core and its tests alone, for the sanitizers.
let isCoreAlone = Context.environment["BUILD_CORE_ONLY"] != nil

/// Optimized in debug builds too: loops over each byte or bucket, in which the tests of nodes would spend half of their
/// time. (Not for the sanitizers, which look at little: optimizing would take longer.)
let busy: [SwiftSetting] = [.unsafeFlags([isCoreAlone ? "-Onone" : "-O"], .when(configuration: .debug))]

/// The simulations of the core look at millions of states. Debug builds check exclusive access in them, release builds
/// show how fast they are.
let simulated: [SwiftSetting] =
    busy + [.unsafeFlags(["-enforce-exclusivity=unchecked"], .when(configuration: .release))]

let package = Package(
    name: "Optimizer",
    products: [
        .executable(name: "optimizer", targets: ["optimizer"]),
        .executable(name: "optimizer-host", targets: ["optimizer-host"]),
        .executable(name: "optimizer-offender", targets: ["optimizer-offender"]),
        .executable(name: "optimizer-bench", targets: ["optimizer-bench"]),
    ],
    targets: [
        .systemLibrary(name: "CRdKafka", pkgConfig: "rdkafka", providers: [.apt(["librdkafka-dev"])]),
        .systemLibrary(name: "CYAML", pkgConfig: "yaml-0.1", providers: [.apt(["libyaml-dev"])]),
        .systemLibrary(name: "CMicroHTTPD", pkgConfig: "libmicrohttpd", providers: [.apt(["libmicrohttpd-dev"])]),
        .systemLibrary(name: "CCrypto", pkgConfig: "libcrypto", providers: [.apt(["libssl-dev"])]),
        .systemLibrary(name: "CZlib", pkgConfig: "zlib", providers: [.apt(["zlib1g-dev"])]),
        .systemLibrary(name: "CLinux"),
        .systemLibrary(name: "CBaseline", pkgConfig: "rdkafka", providers: [.apt(["librdkafka-dev"])]),

        .target(name: "Messages", swiftSettings: safe + busy),
        .target(name: "Scheduling", dependencies: ["Messages"], swiftSettings: safe + simulated),
        .target(name: "Sizing", swiftSettings: safe + simulated),
        .target(name: "System", dependencies: ["CLinux", "Messages", "Scheduling"], swiftSettings: safe),
        .target(name: "Kafka", dependencies: ["CRdKafka", "System"], swiftSettings: safe),
        .target(name: "Hosting", dependencies: ["Messages", "Scheduling", "System"], swiftSettings: safe),
        .target(
            name: "IsolationProof", dependencies: ["Hosting", "Scheduling", "System"], swiftSettings: safe),
        .target(name: "Offending", dependencies: ["Hosting", "IsolationProof", "System"], swiftSettings: safe),
        .target(name: "Strategies", dependencies: ["CZlib", "Messages"], swiftSettings: safe),
        .target(
            name: "Baseline", dependencies: ["CBaseline", "Messages", "Strategies", "System"], swiftSettings: safe),
        .target(name: "Metrics", dependencies: ["CMicroHTTPD", "System"], swiftSettings: safe + busy),
        .target(name: "Configuration", dependencies: ["CYAML", "Messages"], swiftSettings: safe),
        .target(name: "Certificates", dependencies: ["CCrypto"], swiftSettings: safe),
        .target(
            name: "Worker",
            dependencies: [
                "Messages", "Scheduling", "System", "Kafka", "Hosting", "IsolationProof", "Strategies", "Metrics",
                "Configuration", "Certificates",
            ],
            swiftSettings: safe),

        .executableTarget(
            name: "optimizer",
            dependencies: [
                "Worker", "Messages", "Scheduling", "Sizing", "System", "Kafka", "Hosting", "IsolationProof",
                "Configuration", "Strategies", "Metrics",
            ],
            swiftSettings: safe),
        .executableTarget(
            name: "optimizer-host", dependencies: ["System", "Hosting", "Scheduling", "Strategies", "Messages"],
            swiftSettings: safe),
        .executableTarget(
            name: "optimizer-offender", dependencies: ["System", "Hosting", "IsolationProof", "Offending", "Messages"],
            swiftSettings: safe),
        .executableTarget(
            name: "optimizer-bench",
            dependencies: [
                "Worker", "Messages", "Scheduling", "Sizing", "System", "Kafka", "Hosting", "IsolationProof",
                "Configuration", "Baseline",
            ],
            swiftSettings: safe),
        .executableTarget(
            name: "offender",
            dependencies: ["System", "Hosting", "IsolationProof", "Offending", "Messages", "Strategies"],
            path: "Tests/Offender", swiftSettings: house),

        .target(
            name: "TestSupport", dependencies: ["System", "Kafka", "Messages"], path: "Tests/TestSupport",
            swiftSettings: house + busy),

        .testTarget(name: "TestSupportTests", dependencies: ["TestSupport"], swiftSettings: house),
        .testTarget(name: "MessagesTests", dependencies: ["Messages"], swiftSettings: house),
        .testTarget(name: "SchedulingTests", dependencies: ["Scheduling"], swiftSettings: house + simulated),
        .testTarget(name: "SizingTests", dependencies: ["Sizing"], swiftSettings: house + simulated),
        .testTarget(name: "SystemTests", dependencies: ["System", "Scheduling", "TestSupport"], swiftSettings: house),
        .testTarget(
            name: "BaselineTests", dependencies: ["Baseline", "Kafka", "Messages", "System", "TestSupport"],
            swiftSettings: house),
        .testTarget(name: "KafkaTests", dependencies: ["Kafka", "TestSupport"], swiftSettings: house),
        .testTarget(
            name: "HostingTests",
            dependencies: [
                "Hosting", "IsolationProof", "System", "Scheduling", "optimizer-host", "optimizer-offender", "offender",
                "TestSupport",
            ],
            swiftSettings: house),
        .testTarget(
            name: "StrategiesTests", dependencies: ["Strategies", "TestSupport"], resources: [.copy("Fixtures")],
            swiftSettings: house),
        .testTarget(
            name: "MetricsTests", dependencies: ["Metrics", "TestSupport"], exclude: ["Fixtures", "Rules"],
            swiftSettings: house),
        .testTarget(name: "CertificatesTests", dependencies: ["Certificates", "TestSupport"], swiftSettings: house),
        .testTarget(name: "ConfigurationTests", dependencies: ["Configuration", "TestSupport"], swiftSettings: house),
        .testTarget(
            name: "UpgradeTests",
            dependencies: ["Kafka", "Messages", "Scheduling", "Strategies", "Worker", "optimizer", "TestSupport"],
            exclude: ["Fixtures"], swiftSettings: house),
        .testTarget(
            name: "WorkerTests",
            dependencies: [
                "Worker", "Messages", "Scheduling", "System", "Kafka", "Hosting", "Configuration", "Metrics",
                "optimizer", "optimizer-host", "optimizer-offender", "offender", "TestSupport",
            ],
            swiftSettings: house),
        .testTarget(
            name: "CommandTests",
            dependencies: [
                "CZlib", "optimizer", "optimizer-host", "optimizer-offender", "Kafka", "Messages", "Metrics", "System",
                "Hosting", "Strategies", "Configuration", "TestSupport",
            ],
            swiftSettings: house),
        .testTarget(
            name: "DemoTests",
            dependencies: [
                "optimizer", "optimizer-host", "System", "Hosting", "Kafka", "Messages", "Scheduling", "TestSupport",
            ],
            swiftSettings: house),
    ]
)

// What the sanitizers look at: the pure core and its tests, which start nothing and need no library.
if isCoreAlone {
    let core = ["Messages", "Scheduling", "MessagesTests", "SchedulingTests"]
    package.products = []
    package.targets.removeAll { !core.contains($0.name) }
}
