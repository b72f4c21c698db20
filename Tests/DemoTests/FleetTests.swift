import Messages
import Scheduling
import Testing

@testable import optimizer

struct FleetTests {
    private func interval(
        _ node: String, depth: Int = 0, rate: Double = 0, p95: Double? = nil, lag: Int? = nil, paused: Bool = false,
        strategies: [JSONValue] = []
    ) -> JSONValue {
        event(
            "interval", node: node,
            [
                "interval_ms": .integer(1000), "slots": .integer(2), "running": .integer(1),
                "queue_depth": .integer(depth), "partitions": .array([.integer(0), .integer(1)]),
                "paused": .bool(paused), "requests_per_second": .number(rate),
                "latency_ms": .object([JSONMember("p95", p95.map { .number($0) } ?? .null)]),
                "lag": lag.map { .integer($0) } ?? .null, "strategies": .array(strategies),
            ])
    }

    private func strategy(_ name: String, _ count: Int, p50: Double, p95: Double) -> JSONValue {
        .object([
            JSONMember("name", .string(name)), JSONMember("count", .integer(count)),
            JSONMember("latency_ms", .object([JSONMember("p50", .number(p50)), JSONMember("p95", .number(p95))])),
        ])
    }

    @Test(arguments: [
        (FleetOrder.name, ["a", "b", "c"]), (.throughput, ["b", "c", "a"]), (.lag, ["c", "a", "b"]),
        (.latency, ["a", "c", "b"]), (.queue, ["c", "b", "a"]),
    ])
    func `nodes come in the order that is asked for`(order: FleetOrder, names: [String]) {
        var fleet = Fleet()
        fleet.take(interval("b", depth: 5, rate: 9, p95: nil, lag: nil), at: time(0))
        fleet.take(interval("a", depth: 1, rate: 1, p95: 30, lag: 0), at: time(0))
        fleet.take(interval("c", depth: 7, rate: 4, p95: 8, lag: 12), at: time(0))
        #expect(fleet.sorted(by: order).map(\.name) == names)
        #expect(fleet.sorted(by: order, isReversed: true).map(\.name) == names.reversed())
    }

    @Test func `totals add up, and leave out who is not heard of`() {
        var fleet = Fleet()
        fleet.take(interval("a", depth: 3, rate: 1.5, lag: 4, paused: true), at: time(0))
        fleet.take(interval("b", depth: 5, rate: 2, lag: nil), at: time(2000))
        #expect(
            fleet.totals(at: time(2500))
                == Fleet.Totals(
                    running: 2, slots: 4, queueDepth: 8, pausedPartitions: 2, partitions: 4, perSecond: 3.5, lag: 4))
        #expect(fleet.totals(at: time(3001)).queueDepth == 5)
        #expect(fleet.totals(at: time(3001)).lag == nil)
    }

    @Test func `a node silent for three of its intervals is stale, and gone a minute later`() {
        var fleet = Fleet()
        fleet.take(interval("a"), at: time(0))
        #expect(fleet.sorted(by: .name)[0].isStale(at: time(3000)) == false)
        #expect(fleet.sorted(by: .name)[0].isStale(at: time(3001)))
        fleet.forgetGone(at: time(62_999))
        #expect(!fleet.isEmpty)
        fleet.forgetGone(at: time(63_000))
        #expect(fleet.isEmpty)
    }

    @Test func `a node that has stopped is not stale, and runs nothing`() {
        var fleet = Fleet()
        fleet.take(interval("a", depth: 3, rate: 8), at: time(0))
        fleet.take(event("stopped", node: "a"), at: time(10))
        let node = fleet.sorted(by: .name)[0]
        #expect(node.phase == .stopped)
        #expect(!node.isStale(at: time(50_000)))
        #expect(fleet.totals(at: time(20)) == Fleet.Totals())
    }

    @Test func `names of strategies that no node runs any more are kept up to a bound`() {
        var fleet = Fleet()
        for round in 0..<60 {
            let names = (0..<10).map { strategy("s\(round)-\($0)", 1, p50: 1, p95: 1) }
            fleet.take(interval("a", strategies: names), at: time(0))
        }
        #expect(fleet.strategies(at: time(100_000)).count == Fleet.mostStrategyNames)
    }

    @Test func `a strategy has the steps of all nodes and the highest of their quantiles`() {
        var fleet = Fleet()
        fleet.take(
            interval("a", strategies: [strategy("macd", 10, p50: 1, p95: 9), strategy("noop", 3, p50: 1, p95: 1)]),
            at: time(0))
        fleet.take(interval("b", strategies: [strategy("macd", 20, p50: 2, p95: 4)]), at: time(0))
        let figures = fleet.strategies(at: time(1))
        #expect(figures.map(\.name) == ["macd", "noop"])
        #expect(figures[0] == Fleet.StrategyFigures(name: "macd", nodes: 2, perSecond: 30, p50: 2, p95: 9))
        // One that ran before and does not now stays in the table, with nothing.
        fleet.take(interval("a"), at: time(1000))
        #expect(fleet.strategies(at: time(1001))[1] == Fleet.StrategyFigures(name: "noop"))
    }

    @Test func `pauses and resumptions are followed, and a lost event is mended by the next interval`() {
        var node = ObservedNode("a", at: time(0))
        node.take(interval("a"), at: time(0))
        node.take(
            event("paused", ["partitions": .array([.integer(0), .integer(1)]), "queue_depth": .integer(100)]),
            at: time(1))
        #expect(node.pausedPartitions == [0, 1])
        #expect(node.queueDepth == 100)
        node.take(event("resumed", ["partitions": .array([.integer(1)])]), at: time(2))
        #expect(node.pausedPartitions == [0])
        #expect((node.partitionsPaused, node.partitionsResumed) == (2, 1))
        node.take(interval("a"), at: time(3))
        #expect(node.pausedPartitions.isEmpty)
        node.take(interval("a", paused: true), at: time(4))
        #expect(node.pausedPartitions == [0, 1])
        node.take(event("rebalanced", ["kind": .string("revoked"), "partitions": .array([.integer(1)])]), at: time(5))
        #expect(node.pausedPartitions == [0])
    }

    @Test func `partitions said to be paused are kept up to a bound`() {
        var node = ObservedNode("a", at: time(0))
        for round in 0..<3 {
            let named = (0..<7000).map { JSONValue.integer(round * 7000 + $0) }
            node.take(event("paused", ["partitions": .array(named)]), at: time(0))
        }
        #expect(node.pausedPartitions.count == ObservedNode.mostPartitions)
    }

    @Test func `what is no event changes nothing, and what is no figure is left out`() {
        var fleet = Fleet()
        fleet.take(.string("hello"), at: time(0))
        fleet.take(.object([JSONMember("node", .string("a"))]), at: time(0))
        #expect(fleet.isEmpty)
        fleet.take(event("interval", node: "a", ["slots": .string("many"), "requests": .integer(7)]), at: time(0))
        fleet.take(event("something_new", node: "a"), at: time(1))
        #expect(fleet.sorted(by: .name).map(\.slots) == [0])
    }

    @Test func `figures that no node has are cut, and what is made of them stays sound`() {
        var fleet = Fleet()
        let most = JSONValue.integer(.max)
        for name in ["a", "b"] {
            fleet.take(
                event(
                    "interval", node: name,
                    [
                        "interval_ms": most, "slots": most, "running": most, "queue_depth": most, "lag": most,
                        "requests": .object([JSONMember("completed", most), JSONMember("failed", .integer(1))]),
                        "strategies": .array([.object([JSONMember("name", .string("s")), JSONMember("count", most)])]),
                        "partitions": .array([most, .integer(.min)]), "requests_per_second": .number(1e308),
                    ]), at: time(0))
            fleet.take(event("paused", node: name, ["queue_depth": .integer(.min)]), at: time(0))
        }
        #expect(fleet.totals(at: time(1)).running > 0)
        #expect(fleet.longestIntervalMs == 3_600_000)
        #expect(fleet.sorted(by: .name)[0].queueDepth == 0)
        #expect(!FleetTable(fleet: fleet, order: .lag, isReversed: false, now: time(1)).lines().isEmpty)
        fleet.forgetGone(at: time(1))
        #expect(!fleet.isEmpty)
        fleet.take(event("interval", node: "c", ["interval_ms": .integer(.min)]), at: time(0))
        #expect(fleet.sorted(by: .name)[2].isStale(at: time(1000)))
    }

    @Test func `a table has as many lines as there is room for, and says what it leaves out`() {
        var fleet = Fleet()
        for number in 10..<40 {
            fleet.take(
                interval("node-\(number)", strategies: [strategy("s\(number)", 1, p50: 1, p95: 1)]), at: time(0))
        }
        let table = FleetTable(fleet: fleet, order: .name, isReversed: false, now: time(1))
        for rows in [8, 20, 40] { #expect(table.lines(rows: rows).count <= rows) }
        #expect(table.lines(rows: 20).filter { $0.text.hasPrefix("and ") }.count == 2)
        #expect(table.lines().count == 2 + 1 + 30 + 1 + 1 + 30)
    }

    @Test func `names with numbers come as a person counts`() {
        var fleet = Fleet()
        let names = ["node", "node-2", "node-9", "node-10", "node-010b", "x"]
        for name in names.reversed() { fleet.take(interval(name), at: time(0)) }
        #expect(fleet.sorted(by: .name).map(\.name) == names)
        #expect("7".isNaturally(before: "07") != "07".isNaturally(before: "7"))
        #expect("9999999999999999999999".isNaturally(before: "10000000000000000000000"))
    }

    @Test func `a narrow screen shows whole columns and names those it leaves out`() {
        var fleet = Fleet()
        fleet.take(interval("node-1", rate: 2, p95: 3, lag: 4), at: time(0))
        let table = FleetTable(fleet: fleet, order: .name, isReversed: false, now: time(1))
        #expect(!table.lines(width: 100).contains { $0.text.hasPrefix("no room for") })
        let lines = table.lines(width: 60)
        #expect(lines.last?.text.hasPrefix("no room for HEARD, PAUSED") == true)
        #expect(lines.filter { $0.text.contains("NODE ") }.allSatisfy { $0.width <= 60 && $0.text.contains("LAG") })
        for rows in [8, 20] { #expect(table.lines(rows: rows, width: 60).count <= rows) }
    }

    @Test func `names of nodes and strategies neither act on the terminal nor make lines of their own`() {
        let name = "x\u{1B}[2J\u{9B}2J\n12:00:00 ERROR forged\u{202E}y"
        var fleet = Fleet()
        fleet.take(interval(name, strategies: [strategy(name, 1, p50: 1, p95: 2)]), at: time(0))
        let lines = FleetTable(fleet: fleet, order: .name, isReversed: false, now: time(1)).lines().map(\.text)
        #expect(lines.count { $0.contains(#"x\u{1B}[2J\u{9B}2J\u{A}12:00:00"#) } == 2, "\(lines)")
        #expect(lines == lines.map(\.escapedForTerminal))
    }
}
