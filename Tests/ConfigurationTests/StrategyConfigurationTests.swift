import Messages
import Testing

@testable import Configuration

struct StrategyConfigurationTests {
    private let whole = """
        strategies:
          moving_average:
            command: [python3, -u, "${SCRIPT}"]
            workingDirectory: /srv/strategies
            environment:
              TOKEN: ${SECRET}
              PLAIN: "1"
            summary: Follows the trend.
            version: 3
            parameters:
              fast: { type: integer, min: 1, max: 100, default: 10, doc: Bars. }
              size: { type: number, min: 0.5, max: 2, default: 1 }
              short: { type: boolean, default: false }
              mode: { type: choice, choices: [a, b], default: b }
              weights: { type: numbers, maxCount: 3, default: [1, 2.5] }
              must: { type: integer }
            limits: { cpuPercent: 50, memoryMB: 64, timeoutMs: 500 }
            hosts: 2
          plain:
            command: [./host.sh]
        """

    @Test func everythingOfAStrategyIsRead() throws {
        let read = try configuration(whole, environment: ["SCRIPT": "average.py", "SECRET": "s3cret"])
        #expect(read.strategies.map(\.name) == ["moving_average", "plain"])
        let strategy = try #require(read.strategies.first)
        #expect(strategy.command == ["python3", "-u", "average.py"])
        #expect(strategy.workingDirectory == "/srv/strategies")
        #expect(strategy.environment.mapValues(\.exposed) == ["TOKEN": "s3cret", "PLAIN": "1"])
        #expect(!"\(strategy)".contains("s3cret"))
        #expect(strategy.limits == .init(cpuPercent: 50, memoryMB: 64, timeoutMs: 500))
        #expect(strategy.hosts == 2)
        #expect(
            strategy.descriptor
                == StrategyDescriptor(
                    name: "moving_average", version: 3, summary: "Follows the trend.",
                    parameters: [
                        ParameterSpecification("fast", .integer(1...100), default: .integer(10), "Bars."),
                        ParameterSpecification("size", .number(0.5...2), default: .number(1), ""),
                        ParameterSpecification("short", .boolean, default: .bool(false), ""),
                        ParameterSpecification("mode", .choice(["a", "b"]), default: .string("b"), ""),
                        ParameterSpecification(
                            "weights", .numbers(maximumCount: 3), default: .array([.number(1), .number(2.5)]), ""),
                        ParameterSpecification("must", .integer(-(1 << 53)...(1 << 53)), default: nil, ""),
                    ]))
        let plain = read.strategies[1]
        #expect(plain.descriptor == StrategyDescriptor(name: "plain", summary: "", parameters: []))
        #expect(plain.limits == .init() && plain.hosts == nil && plain.environment.isEmpty)
    }

    @Test(arguments: [
        ("a: { command: python3 }", "3:17: strategies.a.command is a single value; it takes a list, [a, b], of texts"),
        (
            "a: { command: [] }",
            "3:17: strategies.a.command names no program; it takes a list such as [python3, my_strategy.py]"
        ),
        ("a: { version: 1 }", "3:3: strategies.a has no command; it needs one, such as [python3, my_strategy.py]"),
        ("a:", "3:3: strategies.a has no command; it needs one, such as [python3, my_strategy.py]"),
        ("a: [x]", "3:6: strategies.a is a list; it takes keys of its own"),
        (
            "a b: { command: [x] }",
            "3:3: strategies: \"a b\" holds \" \", which is not allowed here; it takes the name of a strategy, 1 to 100 of a–z A–Z 0–9 . _ -"
        ),
        ("a: { command: [x], comand: [y] }", "3:22: unknown key \"strategies.a.comand\", did you mean \"command\"?"),
        (
            "a: { command: [x], version: 0 }",
            "3:31: strategies.a.version: \"0\" is out of range; it takes a whole number from 1 to 1000000"
        ),
        (
            "a: { command: [x], hosts: many }",
            "3:29: strategies.a.hosts: \"many\" is not a whole number; it takes a whole number from 1 to 1024 (host processes)"
        ),
        ("a: { command: [x], environment: [A] }", "3:35: strategies.a.environment is a list; it takes keys of its own"),
        (
            "a: { command: [x], environment: { A-B: 1 } }",
            "3:37: strategies.a.environment.A-B: \"A-B\" is no name of an environment variable"
        ),
        (
            "a: { command: [x], environment: { A: '${MISSING}' } }",
            "3:40: strategies.a.environment.A needs the environment variable MISSING, which is not set"
        ),
        (
            "a: { command: [x], environment: { OPTIMIZER_DATA_ROOT: /x } }",
            "3:37: strategies.a.environment.OPTIMIZER_DATA_ROOT cannot be set: the node sets it for every host"
        ),
        (
            "a: { command: [x], limits: { memoryMB: 8 } }",
            "3:42: strategies.a.limits.memoryMB: \"8\" is out of range; it takes a whole number from 16 to 1048576 (MB)"
        ),
        (
            "a: { command: [x], limits: { memoryMB: 513 } }",
            "3:42: strategies.a.limits.memoryMB: 513 is above limits.memoryMB, which is 512 for every step of this node"
        ),
        (
            "a: { command: [x], limits: { memory: 64 } }",
            "3:32: unknown key \"strategies.a.limits.memory\", did you mean \"memoryMB\"?"
        ),
    ])
    func aWrongStrategyIsNamedWithItsPlace(yaml: String, expected: String) {
        #expect(problems("# first\nstrategies:\n  \(yaml)") == ["test.yml:\(expected)"])
    }

    @Test(arguments: [
        (
            "fast: {}",
            "4:5: strategies.a.parameters.fast has no type; it needs one, one of integer, number, boolean, choice, numbers"
        ),
        (
            "fast: { type: float }",
            "4:19: strategies.a.parameters.fast.type: \"float\" is not known; it takes one of integer, number, boolean, choice, numbers"
        ),
        (
            "fast: { type: integer, min: 5, max: 3 }",
            "4:41: strategies.a.parameters.fast: min is 5, above max, which is 3"
        ),
        (
            "fast: { type: integer, min: 1, max: 3, default: 4 }",
            "4:53: strategies.a.parameters.fast.default does not fit; it takes an integer from 1 to 3"
        ),
        (
            "fast: { type: integer, max: 3.5 }",
            "4:33: strategies.a.parameters.fast.max: \"3.5\" is not a whole number; it takes a whole number from -9007199254740992 to 9007199254740992"
        ),
        ("fast: { type: boolean, min: 1 }", "4:33: strategies.a.parameters.fast.min does not fit the type boolean"),
        (
            "fast: { type: boolean, default: maybe }",
            "4:37: strategies.a.parameters.fast.default: \"maybe\" does not fit; it takes true or false"
        ),
        (
            "fast: { type: choice }",
            "4:5: strategies.a.parameters.fast has no choices; the type choice needs them, [a, b]"
        ),
        (
            "fast: { type: choice, choices: [a, b], default: c }",
            "4:53: strategies.a.parameters.fast.default does not fit; it takes one of \"a\", \"b\""
        ),
        (
            "fast: { type: numbers, default: 3 }",
            "4:37: strategies.a.parameters.fast.default is a single value; it takes a list, [a, b], of a number"
        ),
        (
            "fast: { type: number, defualt: 3 }",
            "4:27: unknown key \"strategies.a.parameters.fast.defualt\", did you mean \"default\"?"
        ),
    ])
    func aWrongParameterIsNamedWithItsPlace(yaml: String, expected: String) {
        #expect(
            problems("strategies:\n  a:\n    parameters: {\n    \(yaml) }\n    command: [x]") == [
                "test.yml:\(expected)"
            ])
    }

    @Test func allThatIsWrongWithStrategiesComesAtOnce() {
        let yaml = """
            limits: { timeoutMs: 1000 }
            strategies:
              first:
                hosts: 0
                parameters:
                  fast: { type: integer, default: x }
                  slow: { max: 3 }
                limits: { timeoutMs: 1001 }
              second: { command: [a], summary: [] }
            """
        let places = problems(yaml).map { String($0.prefix { $0 != " " }) }
        #expect(
            places == [
                "test.yml:3:3:", "test.yml:4:12:", "test.yml:6:39:", "test.yml:7:7:", "test.yml:8:26:",
                "test.yml:9:36:",
            ])
    }

    @Test func onlyTheFileCanHoldThem() {
        #expect(problems(settings: ["strategies=x"]) == ["--set strategies: strategies can be given in the file only"])
        #expect(
            problems(settings: ["strategies.a.hosts=1"])
                == ["--set strategies.a.hosts: external strategies can be given in the file only"])
    }
}
