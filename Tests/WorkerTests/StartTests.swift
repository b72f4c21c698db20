import Configuration
import Kafka
import Messages
import Scheduling
import Synchronization
import TestSupport
import Testing

@testable import Worker

@Suite(.machine) struct StartTests {
    private static let served = ["metrics.http=127.0.0.1:0"]

    @Test func missingTopicsAreWaitedForInSight() async throws {
        try await onOwnThread {
            let kafka = try TestKafka(create: ["requests", "results"])
            defer { kafka.close() }
            let node = try TestNode(kafka, Self.served)
            let port = try HTTPGet.port(of: node)
            try eventually("it says what it waits for") {
                let answer = try HTTPClient.get("/readyz", port: port)
                return answer.status == 503 && answer.text.contains("waiting to start")
                    && answer.text.contains("\(kafka.topics.metrics), \(kafka.topics.deadLetters)")
            }
            #expect(try HTTPClient.get("/healthz", port: port).status == 200)
            let status = try JSONValue.parse(HTTPClient.get("/status", port: port).body)
            #expect(status["state"]?.string == "starting")
            #expect(status["errors"]?.elements?.first?["message"]?.string?.contains(kafka.topics.metrics) == true)
            #expect(node.log.all.contains { $0.contains("waiting to start") && $0.contains(kafka.topics.metrics) })
            for topic in [kafka.topics.metrics, kafka.topics.deadLetters] { try kafka.makeTopic(topic) }
            try kafka.submit([request("r")])
            #expect(try kafka.results(1).first?.status == "completed")
            try eventually("it is ready") { try HTTPClient.get("/readyz", port: port).status == 200 }
            #expect(try node.stop() == 0)
        }
    }

    @Test(.enabled(if: TestKafka.realBootstrap == nil, "only the embedded broker can be taken away by a test"))
    func brokersThatAreAwayAreWaitedFor() async throws {
        try await onOwnThread {
            let kafka = try TestKafka()
            defer { kafka.close() }
            kafka.broker?.setDown(true)
            let node = try TestNode(kafka, Self.served)
            let port = try HTTPGet.port(of: node)
            try eventually("it says what it waits for") {
                try HTTPClient.get("/readyz", port: port).text.contains(kafka.bootstrap)
            }
            #expect(try HTTPClient.get("/healthz", port: port).status == 200)
            // Nothing asks for the lag yet: nothing of it grows old.
            #expect(try HTTPClient.get("/metrics", port: port).text.contains("\noptimizer_lag_age_seconds 0\n"))
            kafka.broker?.setDown(false)
            try eventually("it is ready") { try HTTPClient.get("/readyz", port: port).status == 200 }
            #expect(try node.stop() == 0)
        }
    }

    @Test func aStartThatWaitsEndsWhenItIsToldTo() async throws {
        try await onOwnThread {
            let kafka = try TestKafka(create: [])
            defer { kafka.close() }
            let said = Mutex<NodeEnd?>(nil)
            let node = try TestNode(kafka, tune: { $0.noteEnd = { end in said.withLock { $0 = end } } })
            try eventually("it waits") { node.log.all.contains { $0.contains("waiting to start") } }
            #expect(try node.stop() == 0)
            // Else the next run would tell of a crash.
            #expect(said.withLock { $0?.reason } == .stopped)
        }
    }

    @Test func aStartMayBeGivenABound() async throws {
        try await onOwnThread {
            let kafka = try TestKafka(create: [])
            defer { kafka.close() }
            let failure = #expect(throws: NodeFailure.self) {
                try TestNode(kafka, ["kafka.startTimeoutMs=100"]).result()
            }
            #expect(failure?.code == ExitCode.configuration)
            let unreachable = #expect(throws: NodeFailure.self) {
                try TestNode(kafka, ["kafka.startTimeoutMs=0", "kafka.bootstrapServers=127.0.0.1:1"]).result()
            }
            #expect(unreachable?.code == ExitCode.unavailable)
        }
    }

    @Test func aGroupThatHasCommittedNothingIsSaidToRunEverything() async throws {
        try await onOwnThread {
            let kafka = try TestKafka()
            defer { kafka.close() }
            try kafka.submit((0..<3).map { request("r\($0)") })
            func warnings(_ node: TestNode) -> [String] {
                node.log.all.filter { $0.contains("has committed no offset") && $0.contains(kafka.group) }
            }
            let first = try TestNode(kafka)
            _ = try kafka.results(3)
            #expect(try first.stop() == 0)
            #expect(warnings(first).count == 1)
            #expect(warnings(first).first?.contains(#""records":3"#) == true)
            let second = try TestNode(kafka)
            try eventually("it has partitions") { !second.node.partitions.isEmpty }
            #expect(try second.stop() == 0)
            #expect(warnings(second) == [])
        }
    }

    @Test func fewOpenFilesAreAWrongSettingWithItsNumber() throws {
        let configuration = try OptimizerConfiguration.load(
            file: nil, environment: [:], settings: ["pool.maxConcurrentStrategies=5"])
        func settings(_ files: Int) throws -> NodeSettings {
            let machine = Machine(hostName: "h", processID: 1, processors: 4, memoryMB: 65_536, openFiles: files)
            return try NodeSettings(configuration, machine: machine)
        }
        let failure = #expect(throws: NodeFailure.self) { try settings(100) }
        #expect(failure?.code == ExitCode.configuration)
        #expect(failure?.description.contains("may have 100 files open") == true)
        #expect(failure?.description.contains("needs 188") == true)
        #expect(throws: Never.self) { try settings(256) }
    }

    @Test func whatIsWaitedForIsSaidAtOnceAndThenLessAndLessOften() {
        var schedule = WaitSchedule()
        var said: [Int] = []
        for second in 0..<400 where schedule.note("a", at: time(second)) != nil { said.append(second) }
        #expect(said == [0, 5, 15, 35, 75, 135, 195, 255, 315, 375])
        #expect(schedule.note("b", at: time(400)) == true)
        #expect(schedule.note("b", at: time(401)) == nil)
        #expect(schedule.note("b", at: time(405)) == false)
    }

    private func time(_ second: Int) -> MonotonicTime {
        MonotonicTime(nanoseconds: 0).adding(milliseconds: second * 1000)
    }
}

extension TestKafka {
    /// Makes a topic of one partition that was left out at first.
    fileprivate func makeTopic(_ name: String) throws {
        if let broker { return try broker.createTopic(name, partitions: 1) }
        let admin = try AdminClient(.admin(bootstrap: bootstrap))
        defer { admin.close() }
        _ = try admin.create([NewTopic(name: name, partitions: 1)])
    }
}
