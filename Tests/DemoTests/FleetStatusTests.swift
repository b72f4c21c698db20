import Messages
import Scheduling
import TestSupport
import Testing

@testable import optimizer

struct FleetStatusTests {
    private func interval(_ node: String, _ more: [String: JSONValue] = [:]) -> JSONValue {
        let members: [String: JSONValue] = [
            "interval_ms": .integer(1000), "slots": .integer(2), "running": .integer(1), "queue_depth": .integer(3),
            "partitions": .array([.integer(0), .integer(1)]), "requests_per_second": .number(5), "lag": .integer(7),
            "latency_ms": .object([JSONMember("p50", .number(1)), JSONMember("p95", .number(2))]),
        ]
        return event("interval", node: node, members.merging(more) { $1 })
    }

    private func parsed(_ text: String) throws -> JSONValue { try JSONValue.parse(Array(text.utf8)) }

    private func status(
        _ fleet: Fleet, _ history: FleetHistory = FleetHistory(), problem: String? = nil, at now: MonotonicTime
    ) throws -> JSONValue {
        try JSONValue.parse(
            FleetStatus(fleet: fleet, history: history, topic: "t", problem: problem, now: now).encoded())
    }

    @Test func `it says of each node, partition, broker and strategy kept back what the nodes say`() throws {
        var fleet = Fleet()
        let details = try [
            "group": parsed(#""g""#), "version": parsed(#""1.2.3""#), "ready": parsed("true"),
            "running_strategies": parsed(#"[{"name":"macd","slots":1}]"#), "unread_partitions": parsed("2"),
            "kept_back": parsed(#"[{"strategy":"noop","how":"disabled"}]"#),
            "partition_lags": parsed(
                #"[{"partition":0,"lag":2,"lag_seconds":0.5,"paused":false},{"partition":1,"lag":5,"lag_seconds":9,"paused":true}]"#
            ),
            "blocked": parsed(#"[{"partition":1,"offset":44,"state":"running","slot":1}]"#),
            "brokers": parsed(#"[{"broker":"k:1","state":"down","round_trip_ms":null}]"#),
        ]
        fleet.take(interval("a", details), at: time(0))
        fleet.take(
            interval(
                "b",
                try [
                    "partitions": .array([]), "lag": .null, "kept_back": details["kept_back"] ?? .null,
                    "brokers": parsed(#"[{"broker":"k:1","state":"up","round_trip_ms":1.5}]"#), "ready": .bool(false),
                ]), at: time(0))
        let status = try status(fleet, at: time(100))
        #expect(status["groups"] == .array([.string("g")]) && status["versions"] == .array([.string("1.2.3")]))
        #expect(status["unread_partitions"]?.integer == 2)
        #expect(
            try status["totals"]
                == parsed(
                    #"{"running":2,"slots":4,"queue_depth":6,"partitions":2,"paused_partitions":0,"per_second":10.0,"p95_ms":2.0,"lag":7,"lag_seconds":9.0}"#
                ))
        #expect(status["nodes"]?.elements?.map { $0["state"]?.string } == ["flowing", "not ready"])
        #expect(
            try status["nodes"]?.elements?.first
                == parsed(
                    #"{"node":"a","state":"flowing","version":"1.2.3","heard_ms":100,"runs":[{"name":"macd","slots":1}],"running":1,"slots":2,"queue_depth":3,"partitions":2,"paused_partitions":0,"per_second":5.0,"p50_ms":1.0,"p95_ms":2.0,"lag":7}"#
                ))
        #expect(
            try status["partitions"]
                == parsed(
                    #"[{"partition":1,"node":"a","lag":5,"lag_seconds":9.0,"paused":true,"blocked":{"offset":44,"state":"running","slot":1}},{"partition":0,"node":"a","lag":2,"lag_seconds":0.5,"paused":false,"blocked":null}]"#
                ))
        #expect(
            try status["kept_back"] == parsed(#"[{"strategy":"noop","how":"disabled","on":2,"nodes":["a","b"]}]"#))
        #expect(
            try status["brokers"]
                == parsed(#"[{"broker":"k:1","up":1,"down":1,"round_trip_ms":1.5,"down_for":["a"]}]"#))
    }

    @Test func `a partition that has been given up is not shown as the node's`() throws {
        var fleet = Fleet()
        let lags = try parsed(
            #"[{"partition":0,"lag":2,"lag_seconds":0,"paused":false},{"partition":1,"lag":5,"lag_seconds":9,"paused":false}]"#
        )
        fleet.take(interval("a", ["partition_lags": lags]), at: time(0))
        fleet.take(
            event("rebalanced", node: "a", ["kind": .string("revoked"), "assigned": .array([.integer(0)])]), at: time(1)
        )
        #expect(try status(fleet, at: time(2))["partitions"]?.elements?.map { $0["partition"]?.integer } == [0])
    }

    @Test func `who is not heard of, or has stopped, counts in no total and has no partition`() throws {
        var fleet = Fleet()
        let lags = try parsed(#"[{"partition":0,"lag":2,"lag_seconds":0,"paused":false}]"#)
        fleet.take(interval("stale", ["partition_lags": lags, "group": .string("old")]), at: time(0))
        fleet.take(interval("ended", ["partition_lags": lags]), at: time(5000))
        fleet.take(event("stopped", node: "ended"), at: time(5001))
        let status = try status(fleet, problem: "no broker answers", at: time(5002))
        #expect(status["nodes"]?.elements?.map { $0["state"]?.string } == ["stopped", "stale"])
        #expect(status["partitions"] == .array([]) && status["groups"] == .array([]))
        #expect(status["totals"]?["slots"]?.integer == 0 && status["totals"]?["lag"] == .null)
        #expect(status["stale"] == .array([.string("no broker answers")]))
    }

    @Test func `what strangers write is bounded in number and length`() throws {
        var fleet = Fleet()
        let long = String(repeating: "x", count: 5000)
        let many = JSONValue.array(
            (0..<5000).map { _ in .object([JSONMember("strategy", .string(long)), JSONMember("how", .string(long))]) })
        fleet.take(interval("first", ["kept_back": many, "group": .string(long)]), at: time(0))
        fleet.take(interval(long), at: time(0))
        for number in 0..<Fleet.mostNodes { fleet.take(interval("node-\(number)"), at: time(0)) }
        #expect(fleet.leftOut == 2)
        let first = try #require(fleet.sorted(by: .name).first { $0.name == "first" })
        #expect(first.details.keptBack.count == 200 && first.details.group?.utf8.count == 256)
        // Those that have long been silent make room.
        fleet.take(interval("late"), at: time(100_000))
        #expect(fleet.sorted(by: .name).map(\.name) == ["late"])
        #expect(try status(fleet, at: time(100_000))["nodes_left_out"]?.integer == 2)
    }

    @Test func `what many nodes say is bounded together, those with most lag first`() throws {
        func list(_ count: Int, _ members: (Int) -> [JSONMember]) -> JSONValue {
            .array((0..<count).map { .object(members($0)) })
        }
        var fleet = Fleet()
        for node in 0..<12 {
            fleet.take(
                interval(
                    "node-\(node)",
                    [
                        "partitions": .array((0..<1000).map { .integer(node * 1000 + $0) }),
                        "partition_lags": list(1000) {
                            [JSONMember("partition", .integer(node * 1000 + $0)), JSONMember("lag", .integer(node))]
                        },
                        "kept_back": list(100) {
                            [
                                JSONMember("strategy", .string("s\(node)-\($0)")),
                                JSONMember("how", .string(String(repeating: "x", count: 100))),
                            ]
                        },
                        "brokers": list(100) {
                            [JSONMember("broker", .string("k\(node):\($0)")), JSONMember("state", .string("up"))]
                        },
                        "strategies": list(100) {
                            [JSONMember("name", .string("s\(node)-\($0)")), JSONMember("count", .integer(1))]
                        },
                    ]), at: time(0))
        }
        let status = try status(fleet, at: time(1))
        let partitions = try #require(status["partitions"]?.elements)
        #expect(partitions.count == FleetStatus.mostPartitions && partitions[0]["lag"]?.integer == 11)
        for name in ["kept_back", "brokers", "strategies"] {
            #expect(status[name]?.elements?.count == FleetStatus.most, "\(name)")
        }
        #expect(status["kept_back"]?.elements?.first?["how"]?.string?.utf8.count == 32)
    }

    @Test func `rates and times that no node has are cut, so that the document has numbers`() throws {
        var fleet = Fleet()
        let most = JSONValue.number(1e300)
        let latency = JSONValue.object([JSONMember("p50", .number(-1)), JSONMember("p95", most)])
        fleet.take(
            interval(
                "a",
                [
                    "requests_per_second": most, "latency_ms": latency,
                    "partition_lags": .array([
                        .object([JSONMember("partition", .integer(0)), JSONMember("lag_seconds", most)])
                    ]),
                    "brokers": .array([
                        .object([
                            JSONMember("broker", .string("k:1")), JSONMember("state", .string("up")),
                            JSONMember("round_trip_ms", most),
                        ])
                    ]),
                ]), at: time(0))
        let status = try status(fleet, at: time(1))
        #expect(status["totals"]?["per_second"]?.double == 1e9 && status["totals"]?["lag_seconds"]?.double == 1e9)
        let node = try #require(status["nodes"]?.elements?.first)
        #expect(node["per_second"]?.double == 1e9 && node["p95_ms"]?.double == 1e9 && node["p50_ms"]?.double == 0)
        #expect(status["brokers"]?.elements?.first?["round_trip_ms"]?.double == 1e9)
    }

    @Test func `the page's fixture has the members of the document`() throws {
        func names(_ value: JSONValue?, _ path: String = "") -> Set<String> {
            switch value {
            case .object(let members):
                members.reduce(into: []) {
                    $0.formUnion(names($1.value, path + "/" + $1.name).union([path + "/" + $1.name]))
                }
            case .array(let elements): elements.reduce(into: []) { $0.formUnion(names($1, path)) }
            default: []
            }
        }
        var fleet = Fleet()
        fleet.take(
            interval(
                "a",
                try [
                    "partition_lags": parsed(#"[{"partition":0,"lag":2,"lag_seconds":0,"paused":false}]"#),
                    "blocked": parsed(#"[{"partition":0,"offset":44,"state":"running","slot":1}]"#),
                    "kept_back": parsed(#"[{"strategy":"noop","how":"disabled"}]"#),
                    "running_strategies": parsed(#"[{"name":"macd","slots":1}]"#),
                    "brokers": parsed(#"[{"broker":"k:1","state":"down","round_trip_ms":null}]"#),
                    "strategies": parsed(#"[{"name":"macd","count":1,"latency_ms":{"p50":1,"p95":2,"p99":3}}]"#),
                ]), at: time(0))
        let fixture = try JSONValue.parse(Files.read(Files.package + "/Tests/MetricsTests/Fixtures/group.json"))
        #expect(try names(status(fleet, at: time(1))) == names(fixture))
        let page = Files.text("Sources/Metrics/Metrics.docc/Group.md")
        for name in names(fixture).compactMap({ $0.split(separator: "/").last }) where name != "schema_version" {
            #expect(page.contains("`\(name)`") || page.contains("`\(name)[]`"), "Group.md does not describe \(name)")
        }
    }
}

struct FleetReaderTests {
    @Test func `a stamp says how old a record is, but not one of the future`() {
        let now = Timestamp(milliseconds: 100_000)
        func age(_ stamp: Int64?) -> Int? { FleetReader.age(stampedAt: stamp, at: now, historyMs: 20_000) }
        #expect(age(99_000) == 1000 && age(100_000) == 0)
        #expect(age(0) == 20_000 && age(.min) == 20_000)
        #expect(age(100_001) == nil && age(.max) == nil && age(nil) == nil)
    }
}

struct FleetHistoryTests {
    private func fleet(_ rate: Double, at time: MonotonicTime) -> Fleet {
        var fleet = Fleet()
        fleet.take(
            event("interval", node: "a", ["interval_ms": .integer(5000), "requests_per_second": .number(rate)]),
            at: time)
        return fleet
    }

    @Test func `it takes a sample every five seconds, from the first node on`() {
        var history = FleetHistory()
        history.advance(to: time(0), Fleet())
        #expect(history.samples.isEmpty)
        history.advance(to: time(1000), fleet(3, at: time(1000)))
        history.advance(to: time(5999), fleet(4, at: time(5999)))
        #expect(history.samples.map(\.perSecond) == [3])
        history.advance(to: time(6000), fleet(5, at: time(6000)))
        #expect(history.samples.map(\.perSecond) == [3, 5])
        #expect(history.samples.last == FleetHistory.Sample(perSecond: 5, p95: nil, queueDepth: 0, lag: nil))
    }

    @Test func `what was not looked at is as it would have looked, and who fell silent is left out`() {
        var history = FleetHistory()
        let fleet = fleet(3, at: time(0))
        history.advance(to: time(0), fleet)
        history.advance(to: time(25_000), fleet)
        #expect(history.samples.map(\.perSecond) == [3, 3, 3, 3, 0, 0])
        history.advance(to: time(30_000), Fleet())
        #expect(history.samples.map(\.perSecond) == [3, 3, 3, 3, 0, 0, 0], "nobody is left, and time goes on")
    }

    @Test func `it keeps a quarter of an hour, also after a long silence`() {
        var history = FleetHistory()
        history.advance(to: time(0), fleet(3, at: time(0)))
        let late = 100_000_000
        history.advance(to: time(late), fleet(9, at: time(late)))
        #expect(history.samples.count == FleetHistory.capacity)
        #expect(history.samples.last?.perSecond == 9)
    }
}
