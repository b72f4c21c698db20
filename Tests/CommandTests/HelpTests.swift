import TestSupport
import Testing

/// What a person who only has the program finds out from it.
@Suite(.machine) struct HelpTests {
    private static let kafka = ["--config FILE", "--set KEY=VALUE", "-b, --brokers HOST:PORT", "--topic NAME"]

    /// The commands with their options: contract.
    static let commands: [(words: String, options: [String])] = [
        (
            "submit",
            kafka + [
                "--key KEY", "--skip-bad", "--no-check", "--dry-run", "--resend-failed", "--resend-all",
                "--example KIND", "--json",
            ]
        ),
        (
            "results",
            kafka + [
                "-f, --follow", "--from PLACES", "--since TIME", "--from-now", "--request ID", "-n, --count N",
                "--timeout-ms N", "--json", "--sweep ID",
                "--now",
                "--html FILE", "--x PARAMETER", "--y PARAMETER", "--definition FILE",
            ]
        ),
        ("cancel", kafka + ["--sweep ID"]),
        ("lag", kafka + ["-w, --watch", "--max N", "--json"]),
        ("canary", kafka + ["--every TIME", "--http HOST:PORT", "--timeout-ms N", "--once"]),
        ("health", ["--config FILE", "--set KEY=VALUE", "--url URL", "--live", "--timeout-ms N", "--json"]),
        ("strategies", ["--config FILE", "--set KEY=VALUE", "--json"]),
        ("check-config", ["--config FILE", "--set KEY=VALUE", "--deep", "--show", "--json"]),
        (
            "check-strategy",
            [
                "--config FILE", "--set KEY=VALUE", "--strategy NAME", "--request FILE", "--timeout-ms N", "--json",
            ]
        ),
        ("topics check", kafka + ["--json"]),
        ("topics create", kafka + ["--partitions N", "--replication-factor N", "--topic-config KEY=VALUE", "--json"]),
        (
            "dead-letters list",
            kafka + [
                "--code CODE", "--request ID", "--strategy NAME", "--since TIME", "-n, --limit N", "--json",
            ]
        ),
        (
            "dead-letters replay",
            kafka + [
                "--all", "--code CODE", "--request ID", "--strategy NAME", "--since TIME", "--partition P",
                "--offset O", "-n, --limit N", "--again", "--dry-run", "--json",
            ]
        ),
        ("import", ["--config FILE", "--set KEY=VALUE", "--dataset NAME", "--timeframe TIME", "--json"]),
        ("datasets", ["--config FILE", "--set KEY=VALUE", "--json"]),
        (
            "plan",
            [
                "--config FILE", "--set KEY=VALUE", "--rate N", "--step-ms N", "--variation N", "--headroom PERCENT",
                "--slots N", "--processors N", "--partitions N", "--keys N", "--busiest-key PERCENT", "--json",
            ]
        ),
        ("version", ["--json"]),
    ]

    @Test(arguments: commands) func helpNamesEveryOption(_ command: (words: String, options: [String])) throws {
        for word in ["--help", "-h"] {
            let outcome = try Program.run(command.words.split(separator: " ").map(String.init) + [word])
            #expect(outcome.code == 0)
            #expect(outcome.words == "")
            #expect(outcome.output.hasPrefix("optimizer \(command.words)"))
            for option in command.options + ["-h, --help"] {
                #expect(outcome.lines.contains { $0.hasPrefix("  \(option)  ") }, "\(command.words) \(option)")
            }
        }
    }

    @Test func theOverviewNamesEveryCommand() throws {
        let outcome = try Program.run(["--help"])
        #expect(outcome.code == 0)
        for command in Self.commands {
            #expect(outcome.lines.contains { $0.hasPrefix("  \(command.words) ") }, "\(command.words)")
        }
    }

    @Test func theOverviewAndTheReadmeNameEveryExitCode() throws {
        let readme = String(decoding: Files.read("\(Files.package)/README.md"), as: UTF8.self)
        for text in [try Program.run(["--help"]).output, readme] {
            let start = try #require(text.ranges(of: "Exit codes: ").last).upperBound
            let numbers = text[start...].prefix { $0 != "." }.split { !$0.isNumber }.compactMap { Int($0) }
            #expect(numbers == [0, 1, 64, 65, 66, 69, 70, 73, 78, 130])
        }
    }

    @Test(arguments: commands) func anUnknownOptionIsAWrongCall(
        _ command: (words: String, options: [String])
    ) throws {
        let outcome = try Program.run(command.words.split(separator: " ").map(String.init) + ["--hepl"])
        #expect(outcome.code == 64)
        #expect(outcome.output == "")
        #expect(outcome.words.contains(#"unknown option --hepl, did you mean "--help"?"#))
    }

    @Test(arguments: [
        ("topics", "topics check or topics create"), ("dead-letters", "dead-letters list or dead-letters replay"),
    ])
    func aCommandOfTwoWordsAsksForTheSecond(_ group: (word: String, members: String)) throws {
        for words in [[group.word], [group.word, "nothing"]] {
            let outcome = try Program.run(words)
            #expect(outcome.code == 64)
            #expect(outcome.words.contains(group.members))
        }
        let help = try Program.run([group.word, "--help"])
        #expect(help.code == 0)
        #expect(help.output.contains("optimizer \(group.word) "))
    }

    @Test func anUnknownCommandIsToldTheNearest() throws {
        let outcome = try Program.run(["dead-leters"])
        #expect(outcome.code == 64)
        #expect(outcome.words.contains(#"did you mean "dead-letters"?"#))
    }

    @Test(arguments: [
        "submit -", "results", "lag", "canary --once", "topics check", "topics create", "dead-letters list",
        "dead-letters replay --all",
    ])
    func theEmbeddedBrokerOfAnotherProcessIsNotSearchedFor(_ words: String) throws {
        let outcome = try Program.run(
            words.split(separator: " ").map(String.init) + ["--brokers", "embedded"], input: "")
        #expect(outcome.code == 78)
        #expect(outcome.words.contains("optimizer broker"))
    }

    @Test(arguments: [
        "submit -", "results", "lag", "canary --once", "topics check", "topics create", "dead-letters list",
        "dead-letters replay --all",
    ])
    func aWrongConfigurationIsNamedWithItsPlace(_ words: String) throws {
        let outcome = try Program.run(
            words.split(separator: " ").map(String.init) + ["--set", "kafka.groupID=x"], input: "")
        #expect(outcome.code == 78)
        #expect(
            outcome.words.contains(#"--set kafka.groupID: unknown key "kafka.groupID", did you mean "kafka.groupId"?"#))
    }

    @Test func nobodyAnswersIsUnavailable() throws {
        let commands = [
            "submit -", "results", "lag", "canary --once", "topics check", "topics create", "dead-letters list",
            "dead-letters replay --all",
        ]
        // All at once: each of them gives the broker ten seconds.
        let programs = try commands.map { words in
            try Program(words.split(separator: " ").map(String.init) + ["-b", "127.0.0.1:1"], input: .text(""))
        }
        for (words, program) in zip(commands, programs) {
            let outcome = try program.outcome()
            #expect(outcome.code == 69, "\(words)")
            #expect(outcome.output == "", "\(words)")
            #expect(
                outcome.words.contains("127.0.0.1:1") && outcome.words.contains("kafka.bootstrapServers"), "\(words)")
        }
    }

    @Test func aFullDiskIsAFailure() throws {
        for words in [["strategies"], ["strategies", "--json"], ["--version"], ["--help"], ["lag", "--help"]] {
            let outcome = try Program.run(words, outputPath: "/dev/full")
            #expect(outcome.code == 73, "\(words)")
            #expect(outcome.words.contains("standard output: No space left on device"), "\(words)")
        }
    }
}
