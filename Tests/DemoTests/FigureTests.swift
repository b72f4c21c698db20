import Messages
import Scheduling
import Testing

@testable import optimizer

struct FigureTests {
    @Test(arguments: [
        (1.005, 1, "1.0"), (-0.04, 1, "0.0"), (-0.06, 1, "-0.1"), (12.0, 0, "12"), (0.996, 2, "1.00"),
        (3.07, 2, "3.07"), (.nan, 2, "-"), (.infinity, 2, "-"),
    ])
    func `a number has its digits`(value: Double, digits: Int, text: String) {
        #expect(FigureText.fixed(value, digits) == text)
    }

    @Test func `a bar and a sparkline are as long as asked`() {
        #expect(FigureText.bar(0.5, width: 4, isUnicode: false) == "##--")
        #expect(FigureText.bar(7, width: 4, isUnicode: true) == "████")
        #expect(FigureText.sparkline([0, 1, 50, 100, 900], top: 100, isUnicode: true) == " ▁▄██")
        #expect(FigureText.sparkline([1], top: 0, isUnicode: true) == " ")
    }

    @Test func `a line is cut before the last column, styles and all, and a mark says so`() {
        let line = ScreenLine("abc").adding("def", .bold).adding("ghi", .bad)
        #expect(line.width == 9)
        #expect(line.rendered(columns: 5) == "abc\u{1B}[1md\u{1B}[0m\u{1B}[7m>\u{1B}[0m")
        #expect(line.rendered(columns: 80, hasColours: true).hasSuffix("\u{1B}[31mghi\u{1B}[0m"))
    }

    @Test func `without colours a line is bold where it was, and coloured nowhere`() {
        let line = ScreenLine("abc", .bold).adding("def", .warning)
        #expect(line.rendered(columns: 80, hasColours: false) == "\u{1B}[1mabc\u{1B}[0mdef")
    }

    @Test func `each request of the demo has other periods, fast below slow`() {
        var workload = DemoWorkload(requests: 10_000, bars: 2000)
        var seen: Set<DemoWorkload.Periods> = []
        while let request = workload.take() {
            let index = workload.submitted - 1
            #expect(workload.index(of: request.id) == index)
            let periods = workload.periods(index)
            #expect(periods.fast < periods.slow)
            seen.insert(periods)
        }
        #expect(seen.count == 10_000)
        #expect(workload.index(of: "demo-10001") == nil)
        #expect(workload.index(of: "other-1") == nil)
    }

    private func result(_ id: String, _ status: String, sharpe: Double?, node: String = "n") -> JSONValue {
        .object([
            JSONMember("request_id", .string(id)), JSONMember("status", .string(status)),
            JSONMember("error", status == "completed" ? .null : .object([JSONMember("message", .string("because"))])),
            JSONMember("node", .string(node)), JSONMember("timing", .object([JSONMember("step_ms", .number(2))])),
            JSONMember("statistics", .object([JSONMember("sharpe_ratio", sharpe.map { .number($0) } ?? .null)])),
        ])
    }

    @Test func `the best come first, once each, and none without a ratio`() {
        let workload = DemoWorkload(requests: 20, bars: 2000)
        var figures = DemoFigures(requests: 20)
        for number in 1...9 {
            figures.take(result: result("demo-\(number)", "completed", sharpe: Double(number % 4)), of: workload)
        }
        figures.take(result: result("demo-9", "completed", sharpe: 99), of: workload)
        figures.take(result: result("demo-10", "completed", sharpe: nil), of: workload)
        #expect(figures.best.map { $0.sharpeRatio } == [3, 3, 2, 2, 1])
        #expect(figures.completed == 10)
        #expect(figures.repeated == 1)
        #expect(figures.stepLatency([0.5, 0.95]) == [2, 2])
        #expect(figures.firstMissing(below: 12) == 10)
        #expect(figures.failure == nil)
    }

    @Test func `a node's name neither acts on the terminal nor makes a line of its own`() {
        let workload = DemoWorkload(requests: 20, bars: 2000)
        var figures = DemoFigures(requests: 20)
        let name = "x\u{1B}[2J\u{9B}2J\n12:00:00 ERROR forged\u{202E}y"
        figures.take(result: result("demo-1", "completed", sharpe: 1, node: name), of: workload)
        let lines = DemoSummary(figures: figures, workload: workload, seconds: 1).lines
        #expect(lines[0].contains(#"(x\u{1B}[2J\u{9B}2J\u{A}12:00:00 ERROR forged\u{202E}y 1)"#), "\(lines[0])")
        #expect(lines == lines.map(\.escapedForTerminal))
    }

    @Test func `a result that is not completed is named`() {
        let workload = DemoWorkload(requests: 20, bars: 2000)
        var figures = DemoFigures(requests: 20)
        figures.take(result: result("demo-3", "timed_out", sharpe: nil), of: workload)
        #expect(figures.failure == "demo-3 is timed_out: because")
        #expect(figures.completed == 0)
    }

    @Test func `where the open requests are adds up whatever the nodes last said`() {
        let workload = DemoWorkload(requests: 20, bars: 2000)
        var figures = DemoFigures(requests: 20)
        figures.take(event: event("interval", ["queue_depth": .integer(50), "running": .integer(2)]), at: time(0))
        figures.take(result: result("demo-1", "completed", sharpe: 1), of: workload)
        let underWay = figures.underWay(submitted: 10)
        #expect(underWay == (2, 7, 0))
        #expect(figures.underWay(submitted: 1) == (0, 0, 0))
        #expect(figures.underWay(submitted: 100) == (2, 50, 47))
    }
}

func time(_ milliseconds: Int) -> MonotonicTime { MonotonicTime(nanoseconds: Int64(milliseconds) * 1_000_000) }

func event(_ kind: String, node: String = "n", _ members: [String: JSONValue] = [:]) -> JSONValue {
    .object(
        [JSONMember("event", .string(kind)), JSONMember("node", .string(node))]
            + members.sorted { $0.key < $1.key }.map { JSONMember($0.key, $0.value) })
}
