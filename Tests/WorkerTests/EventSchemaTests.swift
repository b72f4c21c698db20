import Hosting
import Kafka
import Messages
import TestSupport
import Testing

@testable import Worker

@Suite struct EventSchemaTests {
    @Test func describesEveryKindOfEvent() throws {
        let described = EventSchema.root["$defs"]?.members?.map(\.name) ?? []
        #expect(Set(described) == Set(MetricsEvent.Kind.allCases.map(\.rawValue)))
    }

    @Test func refusesAnEventThatLacksAMemberOrHasOneNobodyKnows() throws {
        func problems(_ details: [JSONMember]) throws -> [String] {
            let event = MetricsEvent(.resumed, node: "n", time: .now(), details)
            return EventSchema.problems(of: try JSONValue.parse(event.encoded()))
        }
        #expect(try problems([JSONMember("partitions", .integers([1]))]).isEmpty)
        #expect(try !problems([]).isEmpty)
        #expect(try !problems([JSONMember("partitions", .string("1"))]).isEmpty)
        #expect(try !problems([JSONMember("partitions", .array([])), JSONMember("new", .null)]).isEmpty)
    }

    @Test func anIntervalOfBeforeIsValidAndOneOfNowHasEveryMember() throws {
        let old = try JSONValue.parse(
            Array(
                """
                {"schema_version":1,"type":"metrics_event","event":"interval","node":"n","time":"2026-03-01T03:12:44.120Z",
                 "interval_ms":5000,"slots":2,"running":0,"queue_depth":0,"in_flight":0,"holding":false,"paused":false,
                 "pauses":0,"holds":0,"partitions":[],"requests":{},"requests_per_second":0,
                 "latency_ms":{"p50":null,"p95":null,"p99":null},"strategies":[],"lag":null,"blocked":[]}
                """.utf8))
        #expect(EventSchema.problems(of: old) == [])
        #expect(EventSchema.problems(ofOwn: old).contains("interval: there is no partition_lags"))
    }

    /// Deadlocks, stalls, throttles, circuits and interference are the business of other suites, whose nodes' events
    /// `TestKafka.events` checks in the same way.
    @Test func aNodeUnderLoadWithAStrategyThatCrashesPublishesEventsOfTheSchema() async throws {
        try await onOwnThread {
            let kafka = try TestKafka()
            defer { kafka.close() }
            let node = try TestNode(
                kafka,
                [
                    "pool.maxConcurrentStrategies=2", "limits.memoryMB=64", "backpressure.queueDepth=10",
                    "backpressure.resumeDepth=5", "backpressure.pauseAfterMs=1", "metrics.intervalMs=100",
                ], unruly: true)
            try kafka.submit((0..<200).map { request("r\($0)", "sleep", #"{"ms":10}"#) })
            try kafka.submit([request("bad", more: #","labels":{"misbehave":"die"}"#)])
            _ = try kafka.results(201)
            #expect(try node.stop() == 0)
            let kinds = try kafka.events().compactMap { $0["event"]?.string }.compactMap(MetricsEvent.Kind.init)
            #expect(
                Set(kinds).isSuperset(of: [
                    .started, .interval, .rebalanced, .paused, .resumed, .hostLost, .draining, .stopped,
                ]))
        }
    }

    @Test func aNodeThatEndsWhileItsHostsStartTakesThatForNoFailureOfTheirs() async throws {
        try await onOwnThread {
            let kafka = try TestKafka(partitions: 1)
            defer { kafka.close() }
            let node = try TestNode(
                kafka, ["pool.maxConcurrentStrategies=2", "limits.memoryMB=64"], mode: "never-ready")
            try eventually("the hosts are being started") { node.node.hostPIDs.count == 2 }
            #expect(try node.stop() == 0)
            #expect(try kafka.events(.hostLost).isEmpty)
            #expect(!node.log.all.contains { $0.contains("a host did not start") })
        }
    }

    @Test func aNodeWhoseHostsDoNotStartSaysWhy() async throws {
        try await onOwnThread {
            let kafka = try TestKafka(partitions: 1)
            defer { kafka.close() }
            let node = try TestNode(
                kafka, ["pool.maxConcurrentStrategies=2", "limits.memoryMB=64"],
                tune: { $0.hostCommand = HostCommand(executable: "/no/such/program", arguments: []) })
            try eventually("an event says that a host did not start") {
                try kafka.events(.hostLost).contains { $0["reason"]?.string == "start_failed" }
            }
            node.node.requestStop()
            _ = try? node.result()
        }
    }

    @Test func aNodeWhoseCommittedOffsetIsOutOfRangePublishesAnEventOfTheSchema() async throws {
        try await onOwnThread {
            let kafka = try TestKafka(partitions: 1)
            defer { kafka.close() }
            try kafka.submit((0..<3).map { request("r\($0)") })
            try kafka.commit(partition: 0, nextOffset: 1000)
            let node = try TestNode(kafka, ["pool.maxConcurrentStrategies=2", "limits.memoryMB=64"])
            _ = try kafka.results(3)
            #expect(try node.stop() == 0)
            let event = try #require(try kafka.events(.offsetReset).first)
            #expect(event["topic"]?.string == kafka.topics.requests && event["partition"]?.integer == 0)
            #expect(event["detail"]?.string?.contains("offset reset") == true)
            #expect(try kafka.events(.recordsSkipped).isEmpty)
            let line = node.log.all.first { $0.contains("all that it holds is run") }
            #expect(line?.contains(#""from_offset":1000,"to_offset":0"#) == true, "\(node.log.all)")
        }
    }

    @Test(.enabled(if: TestKafka.realBootstrap == nil, "only the embedded broker forgets records at once"))
    func recordsThatWereGoneAreNamedInTheEventTheLogAndTheStatus() async throws {
        try await onOwnThread {
            let kafka = try TestKafka(partitions: 1)
            defer { kafka.close() }
            try kafka.commit(partition: 0, nextOffset: 1)
            try kafka.submitMoreThanIsKept()
            let admin = try AdminClient(.admin(bootstrap: kafka.bootstrap))
            defer { admin.close() }
            let low = try admin.watermarks(topic: kafka.topics.requests, partition: 0).low
            #expect(low > 1)
            let node = try TestNode(
                kafka, ["pool.maxConcurrentStrategies=2", "limits.memoryMB=64", "metrics.http=127.0.0.1:0"])
            _ = try kafka.results(90 - Int(low))
            let status = try JSONValue.parse(HTTPClient.get("/status", port: HTTPGet.port(of: node)).body)
            #expect(try node.stop() == 0)
            let event = try #require(try kafka.events(.recordsSkipped).first)
            #expect(event["topic"]?.string == kafka.topics.requests && event["partition"]?.integer == 0)
            #expect(event["from_offset"]?.integer == 1 && event["to_offset"]?.integer == Int(low))
            #expect(event["count"]?.integer == Int(low) - 1)
            let names = [kafka.topics.requests, "[0]", "\(low - 1) records", "offsets 1 to \(low - 1)"]
            let entry = status["errors"]?.elements?.first { $0["kind"]?.string == "records_skipped" }
            for name in names {
                #expect(entry?["message"]?.string?.contains(name) == true, "\(status["errors"]?.text ?? "")")
            }
            let line = node.log.all.first { $0.contains("were gone before they could be taken") } ?? ""
            for member in ["topic", "partition", "from_offset", "to_offset", "count"] {
                #expect(line.contains("\"\(member)\":"), "\(line)")
            }
        }
    }
}
