import Glibc
import TestSupport
import Testing

/// The lines of `deploy/permissions.md`, on a cluster that looks at them.
@Suite(
    .serialized, .machine,
    .enabled(if: AccessRules.ofThisMachine != nil, "needs a Kafka with an authorizer, see deploy/permissions.md"))
struct PermissionTests {
    private let rules: AccessRules
    private let names = BenchNames.unique()
    private let folder: TemporaryFolder

    init() throws {
        rules = try #require(AccessRules.ofThisMachine)
        folder = try TemporaryFolder()
    }

    /// Runs the body with these lines in force for the user, on topics of its own.
    private func with(_ lines: [AccessRules.Line], _ body: () throws -> Void) throws {
        for line in lines { try rules.grant(line, names) }
        defer { for line in lines { #expect(throws: Never.self) { try rules.revoke(line, names) } } }
        try body()
    }

    private func withTopics(_ body: () throws -> Void) throws {
        try names.create(on: rules.open)
        defer { #expect(throws: Never.self) { try names.delete(from: rules.open) } }
        try body()
    }

    private func optimizer(_ words: String..., input: String? = nil) throws -> Program.Outcome {
        try Program.run(words, input: input, environment: rules.environment(names))
    }

    private func startNode(timeoutMs: String, _ more: [String] = []) throws -> Program {
        try Program(
            [
                "run", "--set", "kafka.startTimeoutMs=\(timeoutMs)", "--set", "metrics.http=null",
                "--set", "data.root=\(folder.path)", "--set", "node.stateDirectory=\(folder.path)",
                "--set", "pool.maxConcurrentStrategies=1", "--set", "limits.memoryMB=128",
            ] + more, environment: rules.environment(names))
    }

    @Test func aNodeNamesTheOneLineThatIsMissingAtItsStart() throws {
        let lines = AccessRules.lines(of: "optimizer").filter { !$0.isOfTransactions }
        #expect(lines.count == 5)
        try withTopics {
            try with(lines) {
                for line in lines {
                    try rules.revoke(line, names)
                    let outcome = try startNode(timeoutMs: "1000").outcome()
                    let resource = rules.resource(line, names)
                    let missing = "\(line.operation) on \(resource[0].dropFirst(2)) \(resource[1])"
                    #expect(outcome.code == 78, "\(line)")
                    #expect(
                        outcome.words.contains("User:\(rules.user) is not allowed \(missing); grant it"),
                        "\(line): \(outcome.words)")
                    try rules.grant(line, names)
                }
            }
        }
    }

    @Test func aNodeThatDeliversExactlyOnceNeedsItsTransactionalIDAtItsStartAndAllTheTime() throws {
        let lines = AccessRules.lines(of: "optimizer")
        let line = try #require(lines.first { $0.isOfTransactions })
        let exactly = ["--set", "delivery=exactly_once", "--set", "node.id=one"]
        func submit(_ id: String) throws {
            let words = ["submit", "-", "--no-check", "--brokers", rules.open]
            let outcome = try Program.run(words, input: Bench.request(id) + "\n", environment: names.environment)
            #expect(outcome.code == 0, "\(outcome.words)")
        }
        try withTopics {
            try with(lines) {
                try rules.revoke(line, names)
                let refused = try startNode(timeoutMs: "1000", exactly).outcome()
                #expect(refused.code == 78)
                let remedy = "grant User:\(rules.user) Write on the transactional id \(names.group)/one"
                #expect(refused.words.contains(remedy), "\(refused.words)")
                try rules.grant(line, names)
                let node = try startNode(timeoutMs: "\(Patience.milliseconds)", exactly)
                try submit("allowed")
                let outcome = try Program.run(
                    ["results", "--follow", "--request", "allowed", "--brokers", rules.open] + Patience.option,
                    environment: names.environment)
                #expect(outcome.code == 0, "\(node.words)")
                try rules.revoke(line, names)
                try submit("not any more")
                #expect(try node.outcome().code == 70)
                #expect(node.words.contains("Kafka refuses this node for good; it ends"), "\(node.words)")
                #expect(node.words.contains("TRANSACTIONAL_ID_AUTHORIZATION_FAILED"), "\(node.words)")
                try rules.grant(line, names)
            }
        }
    }

    @Test func withTheirLinesRequestsAreSubmittedRunAndTheirResultsRead() throws {
        try withTopics {
            let request = Bench.request("allowed") + "\n"
            #expect(try optimizer("submit", "-", input: request).code == 78)
            try with(AccessRules.lines(of: "submitter")) {
                let outcome = try optimizer("submit", "-", input: request)
                #expect(outcome.code == 0, "\(outcome.words)")
            }
            try with(AccessRules.lines(of: "optimizer")) {
                let node = try startNode(timeoutMs: "\(Patience.milliseconds)")
                let outcome = try Program.run(
                    ["results", "--follow", "--request", "allowed", "--brokers", rules.open] + Patience.option,
                    environment: names.environment)
                #expect(outcome.code == 0, "\(node.words)")
                try with(AccessRules.lines(of: "canary")) {
                    let canary = try optimizer("canary", "--once")
                    #expect(canary.code == 0, "\(canary.words)")
                }
                node.signal(SIGTERM)
                #expect(try node.outcome().code == 0)
            }
            #expect(try optimizer("results", "--request", "allowed").code == 78)
            try with(AccessRules.lines(of: "reporter")) {
                let outcome = try optimizer("results", "--request", "allowed", "--json")
                #expect(outcome.code == 0 && outcome.output.contains("allowed"), "\(outcome.words)")
            }
        }
    }

    @Test func anOperatorMakesTheTopicsAndSeesHowTheyAre() throws {
        #expect(try optimizer("topics", "check").code == 78)
        let lines = AccessRules.lines(of: "operator")
        #expect(lines.count == 8)
        try with(lines) {
            let made = try optimizer("topics", "create", "--replication-factor", "1")
            defer { #expect(throws: Never.self) { try names.delete(from: rules.open) } }
            #expect(made.code == 0, "\(made.words)")
            let checked = try optimizer("topics", "check")
            #expect(checked.code == 0 && !checked.words.contains("DescribeConfigs"), "\(checked.words)")
            let submitted = try Program.run(
                ["submit", "-", "--no-check", "--brokers", rules.open], input: "{\"request_id\":\n",
                environment: names.environment)
            try #require(submitted.code == 0, "\(submitted.words)")
            // A node of the super user's has the group and its dead letter there.
            let node = try Program(
                [
                    "run", "--set", "kafka.bootstrapServers=\(rules.open)", "--set", "metrics.http=null",
                    "--set", "data.root=\(folder.path)", "--set", "node.stateDirectory=\(folder.path)",
                    "--set", "pool.maxConcurrentStrategies=1", "--set", "limits.memoryMB=128",
                ], environment: names.environment)
            try eventually("the dead letter") {
                try optimizer("dead-letters", "list").output.contains("invalid_json")
            } explaining: {
                node.words
            }
            let top = try optimizer("top", "--once")
            #expect(top.code == 0, "\(top.words)")
            node.signal(SIGTERM)
            #expect(try node.outcome().code == 0)
            let lag = try optimizer("lag")
            #expect(lag.code == 0, "\(lag.words)")
            let replayed = try optimizer("dead-letters", "replay", "--all")
            #expect(replayed.code == 0, "\(replayed.words)")
        }
    }

    /// Of a topic that is not shown nobody can ask the settings.
    @Test func whoSeesNoTopicIsToldWhichAreNotShown() throws {
        try withTopics {
            let outcome = try optimizer("topics", "check")
            #expect(outcome.code == 78)
            #expect(outcome.words.contains("missing, or not shown to this user: \(names.requests)"), "\(outcome.words)")
        }
    }
}
