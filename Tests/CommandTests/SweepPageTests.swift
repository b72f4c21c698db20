import Messages
import Strategies
import TestSupport
import Testing

@testable import optimizer

/// The page of a sweep, made from results without any broker.
@Suite(.machine) struct SweepPageTests {
    /// A sweep over the sample data, all run here.
    private struct Fixture {
        let folder: TemporaryFolder
        let merged: JSONValue
        let curves: [ReportCurves.Outcome]
        let html: String

        init(outOfSample: Bool) throws {
            folder = try TemporaryFolder()
            let root = folder.file("data")
            let imported = try Program.run([
                "import", "\(Files.package)/deploy/data/synth_walk.csv", "--dataset", "walk", "--set",
                "data.root=\(root)",
            ])
            guard imported.code == 0 else { throw Failure("import: \(imported.words)") }
            var text = SweepBench.sweep("page", fastest: 30, slowStep: 10)
            if !outOfSample {
                text = text.replacing(",\n  \"out_of_sample\": {\"start\": \"2015-01-01\"}", with: "")
            }
            let definition = try JSONValue.parse(Array(text.utf8))
            let plan = try SweepPlan(SweepDocument.parse(Array(text.utf8), from: "the test"), dataRoot: root)
            let host = HostedStrategies(dataRoot: root, engineVersion: "1")
            var merge = SweepMerge(id: "page")
            for step in 0..<plan.stepCount {
                merge.add(try StepMessage.result(host.run(plan.request(step: step)), plan, step))
            }
            merged = try JSONValue.parse(merge.merged())
            curves = ReportCurves.compute(definition, merged, dataRoot: root)
            let axes = try HeatMap.Choice(merged, x: "slow", y: "fast")
            html = SweepReport(merged: merged, definition: definition, curves: curves, axes: axes).html
        }
    }

    @Test func everyFigureOfTheBestSetIsThere() throws {
        let fixture = try Fixture(outOfSample: true)
        let best = try #require(fixture.merged["top"]?.elements?.first)
        let statistics = try #require(best["statistics"]?.members)
        #expect(statistics.count == 32)
        for figure in statistics {
            let inSample = figure.value.integer.map(Markup.grouped) ?? Markup.figure(figure.value.double)
            let value = best["out_of_sample"]?[figure.name]
            let kept = value?.integer.map(Markup.grouped) ?? Markup.figure(value?.double)
            let row = "<th scope=\"row\">\(StatisticsTable.title(figure.name))</th><td>\(inSample)</td><td>\(kept)</td>"
            #expect(fixture.html.contains(row), "\(figure.name)")
        }
    }

    @Test func theCellsOfTheHeatMapAreTheMergedFigures() throws {
        let fixture = try Fixture(outOfSample: true)
        let all = try #require(fixture.merged["heatmap"]?.elements)
        let cells = all.filter { $0.elements?[1] != .null }
        #expect(all.count > 500 && all.count > cells.count)
        for blank in all where blank.elements?[1] == .null {
            let index = try #require(blank.elements?[0].integer)
            #expect(!fixture.html.contains("<title>fast \(2 + index / 19), slow \(20 + index % 19 * 10): "))
        }
        let best = fixture.merged["top"]?.elements?.first?["index"]
        for cell in [cells[0], cells[cells.count / 2], cells[cells.count - 1]]
            + cells.filter({ $0.elements?[0] == best })
        {
            let index = try #require(cell.elements?[0].integer)
            let words =
                "fast \(2 + index / 19), slow \(20 + index % 19 * 10): \(Markup.figure(cell.elements?[1].double))"
            #expect(fixture.html.contains("<title>\(words)</title>"), "\(words)")
        }
    }

    @Test func theCurveEndsAtTheMergedEquity() throws {
        let fixture = try Fixture(outOfSample: false)
        let equity = try #require(fixture.merged["top"]?.elements?.first?["statistics"]?["equity_final"]?.double)
        guard case .computed(let curves) = fixture.curves.first else {
            Issue.record("no curves")
            return
        }
        #expect(curves.best.last == equity)
        let path = try #require(fixture.html.split(separator: "<path class=\"best\" d=\"").dropFirst().first)
        let end = try #require(path.prefix { $0 != "\"" }.split(separator: "L").last).split(separator: " ")
        let scale = ChartScale(curves.best + curves.hold, from: 318, to: 18)
        #expect(end.first == "950")
        let height = try #require(end.last.flatMap { Double($0) })
        #expect(abs(height - scale(equity)) < 0.1)
    }

    @Test(
        .enabled(if: BrowserPicture.browser != nil, "needs Chromium"),
        arguments: [(1200, false), (1200, true), (500, false), (500, true)])
    func aBrowserDrawsThePage(width: Int, isDark: Bool) throws {
        let fixture = try Fixture(outOfSample: true)
        let page = try fixture.folder.write(fixture.html, to: "page.html")
        let picture = try BrowserPicture(of: "file://\(page)", width: width, height: 1600, isDark: isDark)
        #expect(picture.detail > 0.01, "a page of \(width) is blank: \(picture.detail)")
        #expect(picture.corner == (isDark ? [0x0F, 0x14, 0x1A] : [0xF6, 0xF7, 0xF9]))
        #expect(!picture.words.contains("Refused to"), "\(picture.words)")
    }
}
