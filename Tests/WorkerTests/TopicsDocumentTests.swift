import Configuration
import Kafka
import Messages
import TestSupport
import Testing

@testable import Worker

/// `deploy/asyncapi.yml` against itself, against what reads requests, and against what a node publishes.
@Suite struct TopicsDocumentTests {
    @Test func namesTheTopicsOfTheConfigurationAndAMessageForEach() throws {
        let document = try TopicsDocument()
        #expect(document.root["asyncapi"]?.string == "3.0.0")
        #expect(document.root["info"]?["title"]?.string != nil && document.root["info"]?["version"]?.string != nil)
        let channels = document.root["channels"]?.members ?? []
        let topics = TopicNames(OptimizerConfiguration.defaults.kafka.topics)
        #expect(Set(channels.compactMap { $0.value["address"]?.string }) == Set(topics.known))
        for channel in channels {
            let messages = channel.value["messages"]?.members ?? []
            #expect(!messages.isEmpty)
            for message in messages {
                #expect(message.value["$ref"]?.string == "#/components/messages/\(message.name)")
            }
        }
    }

    @Test func everyReferenceLeadsSomewhereAndEveryChannelIsUsed() throws {
        let document = try TopicsDocument()
        #expect(document.references.count > 10)
        for reference in document.references { #expect(document.leadsSomewhere(reference), "\(reference)") }
        let operations = document.root["operations"]?.members ?? []
        // The application is the node: it receives requests, and what is cancelled, and sends the rest.
        for operation in operations {
            let channel = operation.value["channel"]?["$ref"]?.string
            let isRead = ["#/channels/requests", "#/channels/control"].contains(channel)
            #expect(operation.value["action"]?.string == (isRead ? "receive" : "send"), "\(operation.name)")
        }
        let used = operations.compactMap { $0.value["channel"]?["$ref"]?.string?.split(separator: "/").last }
        #expect(Set(used.map(String.init)) == Set(document.root["channels"]?.members?.map(\.name) ?? []))
    }

    @Test func itsExamplesAreAsItDescribesThem() throws {
        let document = try TopicsDocument()
        #expect(document.messages.count == 7)
        for message in document.messages {
            let examples = message.value["examples"]?.elements ?? []
            #expect(!examples.isEmpty, "\(message.name)")
            for example in examples {
                let payload = try #require(example["payload"])
                #expect(document.problems(ofPayload: payload, of: message.name) == [])
                guard let headers = example["headers"]?.members else { continue }
                #expect(document.problems(ofHeaders: headers, of: message.name) == [])
            }
        }
    }

    @Test func anExampleThatIsNotAsDescribedIsFound() throws {
        let document = try TopicsDocument()
        func problems(_ text: String) throws -> [String] {
            document.problems(ofPayload: try JSONValue.parse(Array(text.utf8)), of: "result")
        }
        #expect(try !problems("{}").isEmpty)
        #expect(try problems(#"{"status":"done"}"#).contains { $0.contains("done") })
        #expect(document.problems(ofHeaders: [], of: "deadLetter").count == 7)
    }

    @Test func aNodeTakesTheRequestsOfTheExamplesAndRefusesTheDeadLetters() throws {
        let document = try TopicsDocument()
        let strategies = StrategyList(disabled: [])
        func requests(_ message: String) throws -> [StrategyRequest] {
            let examples = document.root["components"]?["messages"]?[message]?["examples"]?.elements ?? []
            return try examples.compactMap { $0["payload"] }.map { try StrategyRequest.parse(Array($0.text.utf8)) }
        }
        for request in try requests("request") + requests("sweepStep") {
            #expect(request.unknownFields == [])
            _ = try strategies.check(request)
        }
        for request in try requests("deadLetter") {
            #expect(throws: RequestProblem.self) { try strategies.check(request) }
        }
    }

    @Test func whatANodePublishesIsAsDescribed() async throws {
        let document = try TopicsDocument()
        try await onOwnThread {
            let kafka = try TestKafka()
            defer { kafka.close() }
            let node = try TestNode(kafka, ["pool.maxConcurrentStrategies=2", "limits.memoryMB=64"], unruly: true)
            let trace = KafkaHeader(
                name: "traceparent", value: Array("00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01".utf8))
            let requests = [
                request("completed", more: #","labels":{"desk":"fx"}"#),
                request("crashed", more: #","labels":{"misbehave":"die"}"#),
                request("timed-out", more: #","labels":{"misbehave":"hang"},"limits":{"timeout_ms":50}"#),
                request("expired", more: #","expires_at":"2001-01-01T00:00:00Z""#), request("rejected", "slep"),
            ]
            for text in requests {
                let payload = try JSONValue.parse(Array(text.utf8))
                #expect(document.problems(ofPayload: payload, of: "request") == [])
            }
            try kafka.submit(
                requests.map { Array($0.utf8) } + [Array("{".utf8), nil], keys: [Array("eurusd".utf8)],
                headers: [trace])
            let results = try kafka.results(7)
            #expect(try node.stop() == 0)
            #expect(Set(results.map(\.status)) == ["completed", "crashed", "timed_out", "expired", "rejected"])
            for result in results {
                #expect(document.problems(ofPayload: result.json, of: "result") == [])
                #expect(document.problems(ofHeaders: Self.texts(result.record.headers), of: "result") == [])
            }
            let letters = try kafka.contents(kafka.topics.deadLetters)
            // What is rejected, and what has crashed as often as it may.
            #expect(letters.count == 4)
            for letter in letters {
                #expect(document.problems(ofHeaders: Self.texts(letter.headers), of: "deadLetter") == [])
            }
            for event in try kafka.events() { #expect(document.problems(ofPayload: event, of: "metricsEvent") == []) }
        }
    }

    private static func texts(_ headers: [KafkaHeader]) -> [JSONMember] {
        headers.map { JSONMember($0.name, .string(String(decoding: $0.value ?? [], as: UTF8.self))) }
    }
}
