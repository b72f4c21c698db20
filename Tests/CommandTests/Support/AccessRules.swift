import Glibc
import TestSupport

/// A cluster with an authorizer, and a user there who may do nothing but what is granted from a page of the documents.
struct AccessRules {
    /// Where nobody signs in, and everybody may do everything.
    let open: String
    /// Where the user signs in.
    let closed: String
    let user: String
    let password: String
    /// The program `kafka-acls`.
    let tool: String

    /// nil where the variables that `deploy/permissions.md` names are not set.
    static let ofThisMachine: AccessRules? = {
        func variable(_ name: String) -> String? { getenv(name).map { String(cString: $0) } }
        guard let open = variable("KAFKA_BOOTSTRAP_SERVERS"), let closed = variable("KAFKA_SASL_SERVERS"),
            let user = variable("KAFKA_SASL_USER"), let colon = user.firstIndex(of: ":"),
            let tool = variable("KAFKA_ACLS")
        else { return nil }
        return AccessRules(
            open: open, closed: closed, user: String(user[..<colon]),
            password: String(user[user.index(after: colon)...]), tool: tool)
    }()

    /// One line of `kafka-acls`, as the page has it.
    struct Line: CustomStringConvertible, Sendable {
        let principal: String
        let operation: String
        /// `--topic optimizer.requests`, and what else says of what.
        let resource: [String]

        /// What only a node that delivers exactly once needs.
        var isOfTransactions: Bool { resource.first == "--transactional-id" }

        var description: String { "\(operation) \(resource.joined(separator: " "))" }
    }

    /// The lines of the page that are a principal's.
    static func lines(of principal: String) -> [Line] {
        Files.text("deploy/permissions.md").matches(
            of: /kafka-acls \$A --add --allow-principal User:(\w+) --operation (\w+) (.*)/
        ).map { match in
            let resource = match.3.replacing("$PREFIXED", with: "--resource-pattern-type prefixed")
            return Line(
                principal: String(match.1), operation: String(match.2),
                resource: resource.split(separator: " ").map(String.init))
        }.filter { $0.principal == principal }
    }

    func grant(_ line: Line, _ names: BenchNames) throws { try run("--add", line, names) }

    func revoke(_ line: Line, _ names: BenchNames) throws { try run("--remove", line, names) }

    /// A line for the topics and the group of this test, in place of those of the default configuration.
    func resource(_ line: Line, _ names: BenchNames) -> [String] {
        line.resource.map { word in
            word.hasPrefix("optimizer.") || word.hasPrefix("optimizer/")
                ? names.group + word.dropFirst("optimizer".count)
                : word == "optimizer" ? names.group : word
        }
    }

    private func run(_ action: String, _ line: Line, _ names: BenchNames) throws {
        let words =
            ["--bootstrap-server", open, action] + (action == "--remove" ? ["--force"] : [])
            + ["--allow-principal", "User:\(user)", "--operation", line.operation] + resource(line, names)
        let outcome = try CommandLineTool.run(tool, words)
        guard outcome.status == 0 else { throw Failure("kafka-acls \(words): \(outcome.output)") }
    }

    /// What has a command sign in as the user.
    func environment(_ names: BenchNames) -> [String] {
        names.environment + [
            "OPTIMIZER_KAFKA_BOOTSTRAP_SERVERS=\(closed)", "OPTIMIZER_KAFKA_CLIENT_SECURITY_PROTOCOL=sasl_plaintext",
            "OPTIMIZER_KAFKA_CLIENT_SASL_MECHANISMS=PLAIN", "OPTIMIZER_KAFKA_CLIENT_SASL_USERNAME=\(user)",
            "OPTIMIZER_KAFKA_CLIENT_SASL_PASSWORD=\(password)",
        ]
    }
}
