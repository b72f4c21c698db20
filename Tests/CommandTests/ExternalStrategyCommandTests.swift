import Messages
import TestSupport
import Testing

@Suite(.machine) struct ExternalStrategyCommandTests {
    private static let examples =
        "/" + #filePath.split(separator: "/").dropLast(3).joined(separator: "/") + "/deploy/examples"

    private func json(_ outcome: Program.Outcome) -> [JSONValue] {
        outcome.lines.compactMap { try? JSONValue.parse(Array($0.utf8)) }
    }

    @Test func aHostThatConformsEndsTheCheckWithZero() throws {
        let outcome = try Program.run([
            "check-strategy", "--timeout-ms", "\(Patience.milliseconds)", "--", "sh",
            "\(Self.examples)/awk/momentum.sh",
        ])
        #expect(outcome.code == 0)
        #expect(outcome.lines.count == 16 && outcome.lines.dropLast().allSatisfy { $0.hasPrefix("ok    ") })
        #expect(outcome.lines.last == "conforms: 15 checks")
    }

    @Test func aHostThatDoesNotEndsItWithOneAndTheFaults() throws {
        let words = ["check-strategy", "--json", "--", "sh", "-c", #"echo '{"ready":{}}'; exec cat"#]
        let outcome = try Program.run(words)
        #expect(outcome.code == 1)
        let lines = json(outcome)
        let ping = try #require(lines.first { $0["check"] == .string("ping") })
        #expect(ping["ok"] == .bool(false) && ping["fault"]?.string?.contains(#"must be {"pong":7}"#) == true)
        #expect(lines.last?["ok"] == .bool(false) && lines.last?["checks"] == .integer(15))
        #expect((lines.last?["faults"]?.integer ?? 0) > 5)
    }

    @Test(arguments: [("python", "moving_average", "slow"), ("awk", "momentum", "period")])
    func theExamplesConfigurationIsListedAndChecked(folder: String, name: String, parameter: String) throws {
        let file = "\(Self.examples)/\(folder)/optimizer.yml"
        let checked = try Program.run(["check-config", file])
        #expect(checked.code == 0, "\(checked.words)")
        let listed = json(try Program.run(["strategies", name, "--config", file, "--json"]))
        #expect(listed.count == 1 && listed.first?["external"] == .bool(true))
        #expect(listed.first?["parameters"]?.elements?.contains { $0["name"] == .string(parameter) } == true)
    }

    @Test func aNameThatIsBuiltInIsRefusedWithItsPlace() throws {
        let folder = try TemporaryFolder()
        let file = try folder.write("strategies:\n  noop: { command: [sh] }\n", to: "a.yml")
        for words in [["check-config", file], ["run", "--config", file]] {
            let outcome = try Program.run(words)
            #expect(outcome.code == 78)
            #expect(outcome.words.contains("a.yml:2:3: strategies.noop: there is a built-in strategy of this name"))
        }
    }

    @Test func submitChecksRequestsForTheStrategiesOfTheConfiguration() throws {
        let request = #"{"request_id":"r","strategy":{"name":"momentum","parameters":{"period":0}}}"#
        let words = ["submit", "-", "--config", "\(Self.examples)/awk/optimizer.yml"]
        let outcome = try Program.run(words, input: request + "\n")
        #expect(outcome.code == 65)
        #expect(outcome.words.contains("period is 0, must be an integer from 1 to 5000"))
    }

    @Test func whatIsNoSubjectIsAWrongCall() throws {
        #expect(try Program.run(["check-strategy"]).code == 64)
        #expect(try Program.run(["check-strategy", "--strategy", "x", "--", "sh"]).code == 64)
        #expect(try Program.run(["check-strategy", "--strategy", "x"]).code == 1)
    }
}
