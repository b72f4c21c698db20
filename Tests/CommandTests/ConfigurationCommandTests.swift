import Kafka
import Messages
import Strategies
import TestSupport
import Testing

@Suite(.machine) struct StrategiesCommandTests {
    @Test func everyStrategyIsListedWithItsParameters() throws {
        let outcome = try Program.run(["strategies"])
        #expect(outcome.code == 0)
        #expect(outcome.words == "")
        for strategy in StrategyRegistry.descriptors {
            #expect(outcome.lines.contains { $0.hasPrefix("\(strategy.name) ") && $0.hasSuffix(strategy.summary) })
            for parameter in strategy.parameters {
                #expect(
                    outcome.lines.contains { line in
                        line.split(separator: " ").first.map(String.init) == parameter.name
                            && line.contains(parameter.expectation)
                    }, "\(strategy.name).\(parameter.name)")
            }
        }
    }

    @Test func aProgramGetsTypesRangesAndDefaults() throws {
        let strategies = try objects(Program.run(["strategies", "--json"]).output)
        #expect(strategies.map { $0["name"]?.string } == StrategyRegistry.descriptors.map(\.name))
        let sma = try #require(strategies.first { $0["name"]?.string == "sma_crossover" })
        let fast = try #require(sma["parameters"]?.elements?.first { $0["name"]?.string == "fast" })
        #expect(fast["type"]?.string == "integer")
        #expect(fast["minimum"]?.integer == 1)
        #expect(fast["default"]?.integer == 10)
        #expect(fast["required"]?.bool == false)
        let cross = try #require(sma["parameters"]?.elements?.first { $0["name"]?.string == "cross" })
        #expect(cross["values"]?.elements?.contains(.string("strict")) == true)
    }

    @Test func whatIsSwitchedOffIsMarked() throws {
        let outcome = try Program.run(["strategies", "--json", "--set", "disabledStrategies=[noop]"])
        let disabled = try objects(outcome.output).filter { $0["disabled"]?.bool == true }
        #expect(disabled.map { $0["name"]?.string } == ["noop"])
        #expect(
            try Program.run(["strategies", "noop", "--set", "disabledStrategies=[noop]"]).output.contains("(disabled)"))
    }

    @Test func namesChoose() throws {
        let some = try objects(Program.run(["strategies", "--json", "burn", "noop"]).output)
        #expect(some.map { $0["name"]?.string } == ["burn", "noop"])
        let unknown = try Program.run(["strategies", "nop"])
        #expect(unknown.code == 1)
        #expect(unknown.words.contains(#"there is no strategy "nop", did you mean "noop"?"#))
    }

    @Test func aConfigurationThatIsWrongIsSaid() throws {
        #expect(try Program.run(["strategies", "--config", "absent.yml"]).code == 78)
    }
}

@Suite(.machine) struct CheckConfigTests {
    private let folder: TemporaryFolder

    init() throws { folder = try TemporaryFolder() }

    /// What librdkafka would say only when the client is made.
    @Test func whatDoesNotGoWithABrokerThatAssignsIsAProblemOfTheFile() throws {
        let text = "kafka:\n  groupProtocol: consumer\n  consumer: { session.timeout.ms: 6000 }\n"
        let outcome = try Program.run(["check-config", folder.write(text, to: "own.yml")])
        #expect(outcome.code == 78)
        #expect(
            outcome.words.contains(
                KafkaLibrary.knowsConsumerProtocol
                    ? "the broker says it where kafka.groupProtocol is consumer" : "consumer needs librdkafka 2.12"),
            "\(outcome.words)")
    }

    @Test func aGoodFileIsFine() throws {
        let file = try folder.write("kafka:\n  groupId: mine\n", to: "good.yml")
        for words in [["check-config", file], ["check-config", "--config", file]] {
            let outcome = try Program.run(words)
            #expect(outcome.code == 0)
            #expect(outcome.output == "")
            #expect(outcome.words == "\(file): the configuration is fine\n")
        }
    }

    @Test func theShippedFileIsFine() throws {
        #expect(try Program.run(["check-config", "\(Files.package)/config/optimizer.yml"]).code == 0)
    }

    @Test func withoutAFileTheDefaultsAreChecked() throws {
        let outcome = try Program.run(["check-config"])
        #expect(outcome.code == 0)
        #expect(outcome.words == "no file, so every default: the configuration is fine\n")
    }

    @Test func everyProblemIsNamedWithItsPlace() throws {
        let file = try folder.write("kafka:\n  groupID: x\nlimits: { timeoutMs: a }\n", to: "bad.yml")
        let words = ["check-config", file, "--set", "nothing=1", "--json"]
        let outcome = try Program.run(words, environment: ["OPTIMIZER_ORDERING=sideways"])
        #expect(outcome.code == 78)
        let told = outcome.words.split(separator: "\n")
        #expect(told.count == 5)
        #expect(told[0].hasPrefix("\(file):2:3: "))
        #expect(told[1].hasPrefix("\(file):3:22: "))
        #expect(told[2].hasPrefix("environment variable OPTIMIZER_ORDERING: "))
        #expect(told[3].hasPrefix("--set nothing: "))
        #expect(told[4] == "4 problems")
        let problems = try objects(outcome.output)
        #expect(problems.map { $0["origin"]?.string } == ["file", "file", "environment", "set"])
        #expect(problems.map { $0["line"]?.integer } == [2, 3, nil, nil])
        #expect(problems.map { $0["column"]?.integer } == [3, 22, nil, nil])
        #expect(try Program.run(Array(words.dropLast())).output == "")
    }

    @Test func oneProblemHidesNoOther() throws {
        let file = try folder.write(
            """
            limits: { timeoutMs: a }
            kafka:
              client:
                no.such.property: x
            strategies:
              noop: { command: [cat] }
            disabledStrategies: [noopp]
            metrics: { intervalMs: 0 }
            """, to: "all.yml")
        let outcome = try Program.run(["check-config", file])
        #expect(outcome.code == 78)
        let told = outcome.words.split(separator: "\n")
        #expect(told.map { $0.dropFirst(file.utf8.count + 1).prefix { $0 != ":" } } == ["1", "4", "6", "7", "8", ""])
        #expect(told.count > 3 && told[3].contains(#"there is no strategy "noopp", did you mean "noop"?"#))
    }

    @Test func whatOnlyThisMachineCanSayIsLookedAtOnDemand() throws {
        let file = try folder.write(
            """
            kafka:
              client:
                security.protocol: ssl
                ssl.ca.location: /no/such/ca.pem
            strategies:
              absent: { command: [/no/such/program] }
              lost: { command: [cat], workingDirectory: /no/such/directory }
              good: { command: [cat] }
            data: { root: /no/such/data }
            metrics: { http: "127.0.0.1:0" }
            """, to: "deep.yml")
        #expect(try Program.run(["check-config", file]).code == 0)
        let outcome = try Program.run(["check-config", file, "--deep"])
        #expect(outcome.code == 78)
        let told = outcome.words
        #expect(told.contains("kafka.client: ssl.ca.location failed"), "\(told)")
        #expect(told.contains("strategies.absent: there is no program /no/such/program"), "\(told)")
        #expect(told.contains("strategies.lost: there is no working directory /no/such/directory"), "\(told)")
        #expect(told.contains("data.root: there is no /no/such/data"), "\(told)")
        #expect(told.hasSuffix("4 problems\n"), "\(told)")
    }

    @Test func aMachineThatGivesWhatIsAskedForIsFine() throws {
        let words = ["check-config", "--deep", "--set", "metrics.http=127.0.0.1:0"]
        let outcome = try Program.run(words)
        #expect(outcome.code == 0, "\(outcome.words)")
        let few = try Program.run(words + ["--set", "limits.memoryMB=1048576"])
        #expect(few.code == 78)
        #expect(few.words.contains("lower limits.memoryMB"))
    }

    @Test func aNodeDoesNotStartWithANameThatIsNobodys() throws {
        let outcome = try Program.run(["run", "-b", "127.0.0.1:1", "--set", "disabledStrategies=[noopp,slep]"])
        #expect(outcome.code == 78)
        #expect(outcome.words.contains(#"did you mean "noop"?"#) && outcome.words.contains(#"did you mean "sleep"?"#))
    }

    @Test func aFileThatIsNotThereIsAProblem() throws {
        let outcome = try Program.run(["check-config", "absent.yml"])
        #expect(outcome.code == 78)
        #expect(outcome.words.contains("absent.yml"))
    }

    @Test func whatIsInForceIsShownWithoutSecrets() throws {
        let file = try folder.write(
            "kafka:\n  groupId: mine\n  client:\n    sasl.password: hunter2hunter2\n", to: "secret.yml")
        for more in [[], ["--json"]] {
            let outcome = try Program.run(["check-config", file, "--show", "--brokers", "b:1"] + more)
            #expect(outcome.code == 0)
            #expect(outcome.output.contains("mine") && outcome.output.contains("b:1"))
            #expect(!outcome.output.contains("hunter2") && !outcome.words.contains("hunter2"))
        }
        #expect(try Program.run(["check-config", file, "--show"]).lines.contains("kafka.groupId: mine"))
    }

    @Test func itTakesOneFile() throws {
        #expect(try Program.run(["check-config", "a", "b"]).code == 64)
    }
}
