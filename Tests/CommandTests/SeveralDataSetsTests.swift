import Messages
import TestSupport
import Testing

@testable import optimizer

/// A sweep over several data sets, from its document to the page.
@Suite(.node) struct SeveralDataSetsTests {
    private func root() throws -> [String] {
        let root = try "data.root=\(bench.folder.path)/data"
        let imported = try Program.run([
            "import", "\(Files.package)/deploy/data/synth_walk.csv", "--dataset", "synth_walk", "--set", root,
        ])
        #expect(imported.code == 0, "\(imported.words)")
        return ["--set", root]
    }

    @Test func theExampleIsSubmittedMergedAndShown() throws {
        let root = try root()
        let shown = try Program.run(["submit", "--example", "data-sets"])
        #expect(try SchemaFile.sweep.problems(of: JSONValue.parse(Array(shown.output.utf8))) == [])
        let sent = try bench.optimizer(["submit", "-", "--json"] + root, input: shown.output)
        #expect(sent.code == 0, "\(sent.words)")
        #expect(sent.words.contains("over 2000 bars of 3 data sets"), "\(sent.words)")
        let versions = try objects(sent.output).first?["versions"]?.elements?.compactMap(\.string)
        #expect(versions?.count == 3 && versions?.allSatisfy { $0.hasPrefix("sha256:") } == true)

        let folder = try bench.folder
        let page = folder.file("page.html")
        let words = ["results", "--sweep", "robust", "--html", page] + root + Patience.option
        let merged = try bench.optimizer(words + ["--json"])
        #expect(merged.code == 0, "\(merged.words)")
        let value = try #require(objects(merged.output).first)
        #expect(SchemaFile.mergedSweep.problems(of: value) == [])
        #expect(value["objective"]?["aggregate"] == .string("median") && value["data"]?.elements?.count == 3)
        let said = "ranked by the median of sharpe_ratio over 3 data sets: synth_walk, synth_walk, synth_walk"
        #expect(merged.words.contains(said), "\(merged.words)")
        let html = folder.text("page.html")
        #expect(html.contains("its data sets have no time in common that could be"))
        #expect(html.contains("The best set by data set") && html.contains("median of sharpe ratio"))
        #expect(html.matches(of: /<h3>synth_walk 1d, 20[0-9-]+ to 20[0-9-]+, [0-9,]+ bars<\/h3>/).count == 3)
        #expect(html.matches(of: /buy and hold <b>/).count == 3)

        let table = try bench.optimizer(["results", "--sweep", "robust"] + root + Patience.option)
        #expect(table.output.contains("MEDIAN SHARPE_RATIO"), "\(table.output)")
        let best = try #require(value["top"]?.elements?.first?["objective"]?.double)
        #expect(table.output.contains(" \(best.fixed(4)) "))

        let again = try bench.optimizer(["submit", "-"] + root, input: shown.output)
        #expect(again.code == 0 && again.words.contains("0 steps acknowledged"), "\(again.words)")
    }

    @Test func allFiguresAreALineForEachSetAndDataSet() throws {
        let root = try root()
        let text = try Program.run(["submit", "--example", "data-sets"]).output
            .replacing("\"robust\"", with: "\"rows\"").replacing("\"max\": 40", with: "\"max\": 6")
            .replacing("\"type\"", with: "\"output\": {\"figures\": \"all\"}, \"type\"")
        let sent = try bench.optimizer(["submit", "-"] + root, input: text)
        #expect(sent.code == 0, "\(sent.words)")
        let rows = try bench.optimizer(["results", "--sweep", "rows", "--all"] + root + Patience.option)
        #expect(rows.code == 0, "\(rows.words)")
        let lines = rows.output.split(separator: "\n").map {
            $0.split(separator: ",", omittingEmptySubsequences: false)
        }
        #expect(lines.first?.prefix(5) == ["index", "data", "dataset", "fast", "slow"])
        #expect(lines.count == 1 + 63 * 3 && lines.allSatisfy { $0.count == lines[0].count })
        for (place, line) in lines.dropFirst().enumerated() {
            #expect(line[1] == "\(place % 3)" && line[2] == "synth_walk" && line[0] == lines[1 + place / 3 * 3][0])
        }
        let json = try bench.optimizer(
            ["results", "--sweep", "rows", "--all", "--format", "jsonl"] + root + Patience.option)
        let first = try #require(objects(json.output).dropFirst().first)
        #expect(
            first.members?.map(\.name) == ["index", "data", "dataset", "parameters", "statistics", "out_of_sample"])
        #expect(first["data"] == .integer(1) && first["dataset"] == .string("synth_walk"))
    }
}
