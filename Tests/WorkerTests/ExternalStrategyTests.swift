import Glibc
import Kafka
import Messages
import Metrics
import Scheduling
import System
import TestSupport
import Testing

@testable import Worker

@Suite(.serialized) struct ExternalStrategyTests {
    private static let bars =
        #","data":{"inline":{"timeframe":"1d","time":[1,2,3,4],"open":[10,11,12,13],"high":[11,12,13,14],"# + "\n"
        + #""low":[9,10,11,12],"close":[11,12,11,13]}}"#

    private func run(
        _ requests: [String], _ settings: [String] = [], more: String = "", external: ExternalPolicy = ExternalPolicy(),
        tune: (inout NodeSettings) -> Void = { _ in },
        _ body: (TestNode, TestKafka, [String: TestResult]) throws -> Void
    ) throws {
        let file = try ExternalFile(more: more)
        let kafka = try TestKafka(partitions: 2)
        defer { kafka.close() }
        try kafka.submit(requests)
        let node = try TestNode(kafka, settings, file: file.path, external: external, tune: tune)
        let results = try kafka.results(requests.count)
        #expect(results.count == requests.count)
        try body(node, kafka, Dictionary(results.map { ($0.requestID, $0) }) { first, _ in first })
        #expect(try node.stop() == 0)
    }

    private func pid(_ result: TestResult?) throws -> Int32 {
        Int32(try #require(result?.json["statistics"]?["pid"]?.integer, "\(result?.message ?? "no result")"))
    }

    @Test(arguments: ["standard", "strict"])
    func pythonAndAWKRunBesideBuiltInStrategies(sandbox: String) async throws {
        try await onOwnThread {
            let requests = (0..<20).flatMap { index in
                [
                    request("p\(index)", "moving_average", #"{"fast":1,"slow":2}"#, more: Self.bars),
                    request("a\(index)", "momentum", #"{"period":1}"#, more: Self.bars),
                    request("b\(index)"),
                ]
            }
            try run(requests, ["isolation.sandbox=\(sandbox)"]) { _, _, results in
                #expect(results.values.allSatisfy { $0.status == "completed" }, "\(results.values.map(\.message))")
                let python = try #require(results["p7"]?.json)
                // By hand: the entry at 12 buys 10000/(12*1.002), the exit's signal comes too late; 13 is the last close.
                let equity = try #require(python["statistics"]?["equity_final"]?.double)
                #expect(abs(equity - 10_790.086493679308) < 1e-6)
                #expect(
                    python["strategy"]
                        == .object([
                            JSONMember("name", .string("moving_average")), JSONMember("version", .integer(1)),
                            JSONMember(
                                "parameters",
                                .object([
                                    JSONMember("fast", .integer(1)), JSONMember("slow", .integer(2)),
                                    JSONMember("mode", .string("long_only")),
                                ])),
                        ]))
                let awk = try #require(results["a7"]?.json)
                #expect(awk["statistics"]?["momentum_pct"]?.double == 18.18181818)
                #expect(awk["strategy"]?["parameters"]?["period"] == .integer(1))
            }
        }
    }

    @Test func aHostSeesTheRequestWithEveryParameterAndNothingOfTheNode() async throws {
        try await onOwnThread {
            let text = request("seen", "unruly", #"{"size":5}"#, more: Self.bars)
            try run([text]) { _, _, results in
                let result = try #require(results["seen"])
                let seen = try #require(result.json["statistics"])
                #expect(seen["parameters"]?["do"] == .string("ok") && seen["parameters"]?["size"] == .integer(5))
                #expect(
                    seen["root"]?.string?.hasPrefix("/") == true && seen["root"]?.string?.hasSuffix("/data") == true)
                let names = seen["environment"]?.elements?.compactMap(\.string) ?? []
                let expected = [
                    "BLIS_NUM_THREADS", "GIVEN", "LANG", "LC_CTYPE", "MKL_NUM_THREADS", "NUMEXPR_NUM_THREADS",
                    "OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "OPTIMIZER_DATA_ROOT", "OPTIMIZER_STRATEGY", "PATH",
                    "SWIFT_BACKTRACE", "VECLIB_MAXIMUM_THREADS",
                ]
                #expect(names.filter { $0 != "LC_CTYPE" } == expected.filter { $0 != "LC_CTYPE" })
                // What it says of itself does not count.
                #expect(result.json["strategy"]?["name"] == .string("unruly"))
                #expect(result.json["strategy"]?["version"] == .integer(4))
                #expect(result.node != "impostor")
            }
        }
    }

    @Test func badParametersAreRefusedBeforeAnythingRuns() async throws {
        try await onOwnThread {
            // Nothing of `absent` can run: what is refused otherwise than for that was refused before.
            let requests = [
                request("range", "absent", #"{"size":11}"#), request("type", "absent", #"{"size":"two"}"#),
                request("unknown", "absent", #"{"size":1,"sice":1}"#), request("missing", "absent"),
                request("limits", "unruly", more: #","limits":{"timeout_ms":60001}"#),
                request("sweep", "absent", #"{"size":1}"#, more: #","type":"optimization""#),
                #"{"request_id":"version","strategy":{"name":"unruly","version":3}}"#,
                request("near", "unruli"),
            ]
            try run(requests) { node, _, results in
                func expect(_ id: String, _ status: String, _ code: String, _ words: String) {
                    #expect(results[id]?.status == status && results[id]?.code == code, "\(id)")
                    #expect(results[id]?.message.contains(words) == true, "\(id): \(results[id]?.message ?? "")")
                }
                expect("range", "rejected", "invalid_parameters", "size is 11, must be an integer from 1 to 10")
                expect("type", "rejected", "invalid_parameters", "must be an integer from 1 to 10")
                expect("unknown", "rejected", "invalid_parameters", "did you mean \"size\"?")
                expect("missing", "rejected", "invalid_parameters", "size is missing")
                expect("limits", "rejected", "limits_not_available", "this node allows at most 60000")
                expect("sweep", "rejected", "invalid_request", "parameters must be a list of 1 to 16 objects")
                expect("version", "rejected", "unknown_strategy", "version 4 of unruly, not version 3")
                expect("near", "rejected", "unknown_strategy", "did you mean \"unruly\"?")
            }
        }
    }

    @Test func aHostThatHangsDiesOrBabblesCostsExactlyItsOwnStep() async throws {
        try await onOwnThread {
            let deeds = ["hang", "hog", "die", "babble", "flood", "raise", "wrong-id", "twice", "leave", "fail"]
            let requests = deeds.flatMap { deed in
                [
                    request("before-\(deed)", "unruly"),
                    request(
                        deed, "unruly", #"{"do":"\#(deed)"}"#,
                        more: deed == "hang" ? #","limits":{"timeout_ms":300}"# : ""),
                    request("after-\(deed)", "unruly"), request("built-in-\(deed)"),
                ]
            }
            try run(requests, ["pool.maxConcurrentStrategies=3"]) { _, _, results in
                let expected: [String: (String, String?)] = [
                    "hang": ("timed_out", "deadline_exceeded"), "die": ("crashed", "host_crashed"),
                    "hog": ("resource_exceeded", "memory_exceeded"),
                    "babble": ("crashed", "host_protocol"), "flood": ("crashed", "host_crashed"),
                    "raise": ("crashed", "host_crashed"), "wrong-id": ("crashed", "host_protocol"),
                    "twice": ("completed", nil), "leave": ("completed", nil), "fail": ("failed", "no_luck"),
                ]
                for (id, result) in results {
                    let (status, code) = expected[id] ?? ("completed", nil)
                    #expect(result.status == status && result.code == code, "\(id): \(result.message)")
                }
                #expect(results["raise"]?.message.contains("RuntimeError: a mistake") == true)
                let words = #"it printed "three trades so far" to standard output before the answer"#
                #expect(results["babble"]?.message.contains(words) == true)
            }
        }
    }

    /// Writes ahead also where a machine with much else to do makes no step short.
    private static func writesAhead(_ settings: inout NodeSettings) {
        settings.serviceTimes = ServiceTimes(budgetNanoseconds: 1e9)
    }

    @Test func amongStepsWrittenAheadALostHostCostsItsOwnStepAlone() async throws {
        try await onOwnThread {
            let deeds = ["die", "babble", "raise", "wrong-id", "twice", "leave", "fail", "lock", "log"]
            let requests = (0..<900).map { index in
                request("\(index)", "ahead", index % 100 == 50 ? #"{"do":"\#(deeds[index / 100])"}"# : "{}")
            }
            // The throttle would have the strategy run step by step after its first bad end.
            let settings = ["pool.maxConcurrentStrategies=2", "throttle.enabled=false"]
            try run(requests, settings, tune: Self.writesAhead) { node, _, results in
                let expected = ["50": "crashed", "150": "crashed", "250": "crashed", "350": "crashed", "650": "failed"]
                for (id, result) in results {
                    #expect(result.status == expected[id] ?? "completed", "\(id): \(result.message)")
                }
                #expect(results["750"]?.json["statistics"]?["granted"] == .array([.string("account")]))
                // Some were written ahead to a host that was lost, and ran again.
                #expect(node.node.count(.retries) > 0)
                let lines = node.log.all.compactMap { try? JSONValue.parse(Array($0.utf8)) }
                let said = try #require(lines.first { $0["line"] == .string("look at this") })
                #expect(said["request_id"] == .string("850"))
            }
        }
    }

    @Test func aStepThatIsSuddenlySlowOnItsHostKeepsNobodyWaitingBehindIt() async throws {
        try await onOwnThread {
            let file = try ExternalFile()
            let kafka = try TestKafka(partitions: 1)
            defer { kafka.close() }
            let node = try TestNode(
                kafka, ["pool.maxConcurrentStrategies=2"], file: file.path, tune: Self.writesAhead)
            // Until short steps are known to be short.
            try kafka.submit((0..<200).map { request("\($0)", "ahead") })
            _ = try kafka.results(200)
            try kafka.submit(
                (200..<300).map { request("\($0)", "ahead", $0 == 205 ? #"{"do":"wait"}"# : "{}") })
            let others = try kafka.results(299)
            #expect(Set(others.map(\.requestID)) == Set((0..<300).map(String.init)).subtracting(["205"]))
            try file.letStart()
            let all = try kafka.results(300)
            #expect(all.count == 300 && all.allSatisfy { $0.status == "completed" })
            #expect(try node.stop() == 0)
        }
    }

    @Test func aHostThatDoesNotSaySoHasOneRequestAtATime() async throws {
        try await onOwnThread {
            try run((0..<200).map { request("\($0)", "one_read") }, tune: Self.writesAhead) { _, _, results in
                #expect(results.count == 200 && results.values.allSatisfy { $0.status == "completed" })
            }
        }
    }

    @Test func whatGoesWrongInPythonIsSaidWithItsPlace() async throws {
        try await onOwnThread {
            let requests = ["ok", "raise", "set", "retry"].map { request($0, "clumsy", #"{"do":"\#($0)"}"#) }
            let hang = request("hang", "clumsy", #"{"do":"hang"}"#, more: #","limits":{"timeout_ms":500}"#)
            try run(requests + [hang]) { node, _, results in
                let statistics = try #require(results["ok"]?.json["statistics"])
                #expect(statistics["sharpe_ratio"] == .null && statistics["rows"] == .array([.null]))
                #expect(statistics["units"] == .integer(4))
                #expect(results["set"]?.message.contains("statistics.best is of the type set") == true)
                #expect(results["raise"]?.message == "clumsy.py:6 KeyError: 'close'")
                let again = try #require(results["retry"]?.json)
                #expect(again["error"]?["retryable"] == .bool(true) && again["attempt"] == .integer(3))
                let details = try #require(results["raise"]?.json["error"]?["details"]?.string)
                #expect(details.hasPrefix("Traceback (most recent") && details.contains("in look_up"))
                let lines = node.log.all.compactMap { try? JSONValue.parse(Array($0.utf8)) }
                func said(_ id: String) -> String {
                    let own = lines.filter { $0["request_id"] == .string(id) }
                    return own.compactMap { $0["line"]?.string }.joined(separator: "\n")
                }
                #expect(said("raise").contains("KeyError: 'close'"))
                #expect(results["hang"]?.status == "timed_out")
                #expect(said("hang").contains("in ponder"), "\(said("hang"))")
            }
        }
    }

    @Test func whatAHostSaysIsInTheLogWithTheRequest() async throws {
        try await onOwnThread {
            try run([request("talks", "unruly", #"{"do":"log"}"#)]) { node, _, _ in
                let lines = node.log.all.compactMap { try? JSONValue.parse(Array($0.utf8)) }
                let said = try #require(lines.first { $0["line"] == .string("look at this") })
                #expect(said["request_id"] == .string("talks") && said["level"] == .string("warning"))
                #expect(said["strategy"] == .string("unruly"))
                let starting = try #require(lines.first { $0["line"] == .string("starting") })
                #expect(starting["request_id"] == .null && starting["level"] == .string("info"))
            }
        }
    }

    @Test func aHostMayAskForLocks() async throws {
        try await onOwnThread {
            let requests = (0..<4).map { request("l\($0)", "unruly", #"{"do":"lock"}"#) }
            try run(requests, ["pool.maxConcurrentStrategies=2"]) { _, _, results in
                for result in results.values {
                    #expect(result.status == "completed", "\(result.message)")
                    #expect(result.json["statistics"]?["granted"] == .array([.string("account")]))
                }
            }
        }
    }

    @Test func aWarmHostIsUsedAgainAndEndsWithTheNode() async throws {
        try await onOwnThread {
            var last: Int32 = 0
            try run((0..<5).map { request("r\($0)", "unruly") }, ["pool.maxConcurrentStrategies=1"]) { _, _, results in
                let pids = Set(try results.values.map(pid))
                #expect(pids.count == 1)
                last = try #require(pids.first)
                #expect(kill(last, 0) == 0)
            }
            #expect(kill(last, 0) != 0 && errno == ESRCH)
        }
    }

    @Test func aHostWithNothingToDoEndsAfterAWhile() async throws {
        try await onOwnThread {
            let policy = ExternalPolicy(idleMs: 50, lookMs: 10)
            try run([request("one", "unruly")], external: policy) { _, _, results in
                let host = try pid(results["one"])
                try eventually("the host is gone") { kill(host, 0) != 0 && errno == ESRCH }
            }
        }
    }

    @Test func aHostThatNoLongerListensIsFoundWithoutAStep() async throws {
        try await onOwnThread {
            let policy = ExternalPolicy(lookMs: 10, pingMs: 100)
            try run([request("one", "unruly")], external: policy) { node, kafka, results in
                let host = try pid(results["one"])
                kill(host, SIGSTOP)
                try eventually("the host is gone") { kill(host, 0) != 0 && errno == ESRCH }
                try eventually("the log says why") {
                    node.log.all.contains { $0.contains("did not answer a ping within 100 ms") }
                }
                try kafka.submit([request("two", "unruly")])
                let next = try kafka.results(2).first { $0.requestID == "two" }
                #expect(next?.status == "completed")
            }
        }
    }

    @Test func theHostsDieWithANodeThatIsKilled() async throws {
        try await onOwnThread {
            let file = try ExternalFile()
            let kafka = try TestKafka(partitions: 1)
            defer { kafka.close() }
            try kafka.submit([request("one", "unruly"), request("hangs", "unruly", #"{"do":"hang"}"#)])
            let node = try NodeProcess(kafka, ["limits.timeoutMs=60000"], file: file.path)
            let host = try pid(try kafka.results(1).first)
            node.signal(SIGKILL)
            node.wait()
            // This process may be the one that inherits it: then it stays as a zombie for a while.
            try eventually("the host is gone") {
                let stat = FileContent.text("/proc/\(host)/stat")
                return stat.isEmpty || stat.contains(") Z ")
            }
        }
    }
}
