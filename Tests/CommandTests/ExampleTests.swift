import Messages
import TestSupport
import Testing

/// What is shown to people who begin runs as it stands, once the sample data is imported.
@Suite(.node) struct ExampleTests {
    private func importSample() throws {
        let imported = try Program.run([
            "import", "\(Files.package)/deploy/data/synth_walk.csv", "--dataset", "synth_walk", "--set",
            "data.root=\(bench.folder.path)/data",
        ])
        #expect(imported.code == 0, "\(imported.words)")
    }

    private func checkRequest(_ text: String) throws {
        let outcome = try bench.optimizer(["submit", "-", "--json"], input: text)
        #expect(outcome.code == 0, "\(outcome.words)")
        #expect(!outcome.words.contains("unknown"), "\(outcome.words)")
        let request = try JSONValue.parse(Array(text.utf8))
        #expect(SchemaFile.request.problems(of: request) == [])
        let from = try #require(objects(outcome.output).first?["results_from"]?.string)
        let id = try #require(request["request_id"]?.string)
        let answer = try bench.optimizer(
            ["results", "--json", "--follow", "--request", id, "--from", from] + Patience.option)
        let result = try #require(objects(answer.output).first)
        #expect(result["status"]?.string == "completed", "\(result["error"]?.text ?? "")")
        #expect(SchemaFile.result.problems(of: result) == [])
    }

    @Test func theRequestOfTheReadmeRuns() throws {
        try importSample()
        let blocks = Files.text("README.md").matches(of: /```json\n((?:[^`]*\n)+)```/).map { String($0.1) }
        #expect(blocks.count == 1)
        for block in blocks { try checkRequest(block) }
    }

    @Test func theRequestThatSubmitShowsIsThatOfTheReadme() throws {
        let shown = try Program.run(["submit", "--example", "request"])
        #expect(shown.code == 0)
        #expect(Files.text("README.md").contains("```json\n\(shown.output)```"))
    }

    @Test func theSweepThatSubmitShowsRuns() throws {
        try importSample()
        let root = try ["--set", "data.root=\(bench.folder.path)/data"]
        let shown = try Program.run(["submit", "--example", "sweep"])
        #expect(shown.words.contains("deploy/data/synth_walk.csv"))
        #expect(try SchemaFile.sweep.problems(of: JSONValue.parse(Array(shown.output.utf8))) == [])
        let sent = try bench.optimizer(["submit", "-"] + root, input: shown.output)
        #expect(sent.code == 0, "\(sent.words)")
        let next = try #require(sent.words.split(separator: "\n").last)
        #expect(next.hasPrefix("next: optimizer results --sweep sample --from 0:"), "\(next)")
        let words = next.split(separator: " ").dropFirst(2).map(String.init)
        let merged = try bench.optimizer(words + ["--json"] + Patience.option)
        #expect(merged.code == 0, "\(merged.words)")
        let value = try #require(objects(merged.output).first)
        #expect(SchemaFile.mergedSweep.problems(of: value) == [])
        #expect(value["top"]?.elements?.isEmpty == false)
        // Some of its steps are there: their results lie before.
        let again = try bench.optimizer(["submit", "-"] + root, input: shown.output)
        #expect(again.words.hasSuffix("next: optimizer results --sweep sample\n"), "\(again.words)")
    }
}
