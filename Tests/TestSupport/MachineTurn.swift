package import Testing

/// Lets a test, or each test of a suite, wait until the machine can carry it, and then run on a thread of its own. The
/// test takes its whole share before it begins, so no two wait for each other.
///
/// Whatever starts nodes, brokers, hosts, browsers or Prometheus asks for it, and refuses without.
package struct MachineTurn: SuiteTrait, TestTrait, TestScoping {
    package let isRecursive = true
    let share: TurnQueue.Share

    /// The share that the running test has.
    @TaskLocal private static var held: TurnQueue.Share?

    package func provideScope(
        for test: Test, testCase: Test.Case?, performing function: @concurrent @Sendable () async throws -> Void
    ) async throws {
        // A test's own trait outranks its suite's, whose scope begins first.
        let share = test.traits.compactMap { ($0 as? MachineTurn)?.share }.last ?? share
        try await Self.take(share) { try await function() }
    }

    /// Runs a body in a turn, on a thread of its own; at once where it has one already.
    package static func take(
        _ share: TurnQueue.Share, _ body: @concurrent @Sendable () async throws -> Void
    ) async throws {
        guard held == nil else { return try await body() }
        try await withTaskExecutorPreference(OwnThread()) {
            try await MachineGate.shared.withShare(share) {
                try await $held.withValue(share) { try await body() }
            }
        }
    }

    /// - Throws: `Failure` where the running test has no turn.
    package static func require() throws {
        guard held == nil else { return }
        throw Failure(
            "this test starts what loads the machine: give it, or its suite, the trait .machine")
    }
}

extension Trait where Self == MachineTurn {
    /// The test starts a node, a broker, a browser or the like.
    package static var machine: Self { .machine(.nodes(1)) }

    package static func machine(_ share: TurnQueue.Share) -> Self { MachineTurn(share: share) }
}
