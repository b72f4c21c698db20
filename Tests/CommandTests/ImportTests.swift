import Messages
import TestSupport
import Testing

@Suite(.machine) struct ImportTests {
    private let folder: TemporaryFolder
    private var root: String { "data.root=\(folder.path)/data" }
    private static let walk = "\(Files.package)/Tests/StrategiesTests/Fixtures/synth_walk.csv"

    init() throws { folder = try TemporaryFolder() }

    private func bring(_ words: String..., input: String? = nil) throws -> Program.Outcome {
        try Program.run(["import", "--set", root] + words, input: input)
    }

    private func datasets(_ words: String...) throws -> Program.Outcome {
        try Program.run(["datasets", "--set", root] + words)
    }

    @Test func whatWasImportedIsListed() throws {
        let imported = try bring(Self.walk, "--dataset", "walk")
        #expect(imported.code == 0)
        #expect(imported.words == "")
        #expect(imported.lines.count == 2)
        let listed = try datasets()
        #expect(listed.code == 0)
        #expect(listed.output == imported.output)
        #expect(listed.lines[1].split(separator: " ").prefix(3) == ["walk", "1d", "2000"])
    }

    @Test func aProgramGetsItToo() throws {
        let imported = try bring(Self.walk, "--dataset", "walk", "--timeframe", "1h", "--json")
        let entry = try #require(objects(imported.output).first)
        #expect(entry["dataset"]?.string == "walk")
        #expect(entry["timeframe"]?.string == "1h")
        #expect(entry["bars"]?.integer == 2000)
        #expect(entry["start"]?.string == "2010-01-04")
        #expect(entry["version"]?.string?.hasPrefix("sha256:") == true)
        _ = try bring(Self.walk, "--dataset", "again")
        let listed = try objects(datasets("--json").output)
        #expect(listed.map { $0["dataset"]?.string } == ["again", "walk"])
        // The same bars are the same version, whatever they are called.
        #expect(listed[0]["version"] == listed[1]["version"])
    }

    @Test func standardInputIsReadAsAFileIs() throws {
        let text = String(decoding: Files.read(Self.walk), as: UTF8.self)
        let piped = try bring("-", "--dataset", "walk", "--json", input: text)
        #expect(piped.code == 0)
        #expect(try piped.output == bring(Self.walk, "--dataset", "walk", "--json").output)
    }

    @Test func everyBarThatIsWrongIsNamedAndNothingIsWritten() throws {
        let text = """
            date,open,high,low,close
            2020-01-01,1,2,1,2
            2020-01-02,x,2,1,2
            2020-01-01,1,2,1,2
            2020-01-04,1,2,3,2
            """
        let file = try folder.write(text, to: "bad.csv")
        let outcome = try bring(file, "--dataset", "bad")
        #expect(outcome.code == 65)
        #expect(outcome.output == "")
        #expect(outcome.words.contains("\(file):3: open is \"x\", must be a number"))
        #expect(outcome.words.contains("\(file):4: "))
        #expect(outcome.words.contains("\(file):5: "))
        #expect(outcome.words.contains("nothing was imported"))
        #expect(try datasets("--json").output == "")
        let piped = try bring("-", "--dataset", "bad", input: text)
        #expect(piped.code == 65)
        #expect(piped.words.contains("standard input:3: "))
    }

    /// Bars that are so many minutes apart.
    private func bars(every minutes: Int) throws -> String {
        let rows = (0..<5).map { "\(1_577_836_800 + $0 * minutes * 60),1,2,1,2\n" }
        return try folder.write("time,open,high,low,close\n" + rows.joined(), to: "every-\(minutes).csv")
    }

    @Test func barsThatAreNoDaysAreNotTakenForDaysWithoutAWord() throws {
        let file = try bars(every: 1)
        let outcome = try bring(file, "--dataset", "minutes")
        #expect(outcome.code == 65)
        #expect(outcome.words.contains("--timeframe 1m"))
        #expect(try datasets("--json").output == "")
        let named = try bring(file, "--dataset", "minutes", "--timeframe", "1m")
        #expect(named.code == 0)
        #expect(named.words == "")
    }

    @Test func aTimeframeThatWasGivenAndDoesNotFitIsTakenWithAWarning() throws {
        let outcome = try bring(bars(every: 60), "--dataset", "hours", "--timeframe", "1d")
        #expect(outcome.code == 0)
        #expect(outcome.words.contains("1h"))
        #expect(outcome.lines[1].split(separator: " ").prefix(3) == ["hours", "1d", "5"])
    }

    @Test func aLargeFileShowsOnATerminalHowFarItIs() throws {
        let rows = (0..<250_000).map { "\(1_577_836_800 + $0 * 60),1,2,1,2\n" }
        let file = try folder.write("time,open,high,low,close\n" + rows.joined(), to: "large.csv")
        let terminal = try PseudoTerminal()
        let program = try Program(
            ["import", "--set", root, file, "--dataset", "large", "--timeframe", "1m"], errorPath: terminal.path)
        #expect(try program.outcome().code == 0)
        let shown = terminal.text()
        let figures = try #require(shown.firstMatch(of: /\r(\d+) bars, (\d+) %/), "\(shown)")
        #expect(["99999", "199999"].contains(figures.1) && (1...99).contains(Int(figures.2) ?? 0), "\(shown)")
        // In the end the line is empty again.
        #expect(shown.hasSuffix(" \r"))
    }

    @Test func aDataRootThatCannotBeMadeIsNoFaultOfTheBars() throws {
        let file = try folder.write("", to: "file")
        let outcome = try Program.run(["import", Self.walk, "--dataset", "walk", "--set", "data.root=\(file)/data"])
        #expect(outcome.code == 73)
        #expect(outcome.words.contains("cannot make the directory"))
    }

    @Test func aFileThatCannotBeReadIsNoInput() throws {
        let outcome = try bring("absent.csv", "--dataset", "x")
        #expect(outcome.code == 66)
        #expect(outcome.words.contains("cannot read absent.csv"))
    }

    @Test(arguments: [["--dataset", "../x"], ["--dataset", "x", "--timeframe", "1/d"], ["--dataset", ""], []])
    func aNameCannotLeaveTheDataRoot(_ words: [String]) throws {
        let outcome = try Program.run(["import", Self.walk, "--set", root] + words)
        #expect(outcome.code == 64)
        #expect(try datasets("--json").output == "")
    }

    @Test func noDataSetsIsNoFailure() throws {
        let outcome = try datasets()
        #expect(outcome.code == 0)
        #expect(outcome.output == "")
        #expect(outcome.words.contains("no data sets under \(folder.path)/data"))
        #expect(try datasets("x").code == 64)
        #expect(try Program.run(["datasets", "--set", "data.rot=x"]).code == 78)
    }
}
