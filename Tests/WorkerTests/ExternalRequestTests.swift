import Messages
import Testing

@testable import Worker

@Suite struct ExternalRequestTests {
    private let descriptor = StrategyDescriptor(
        name: "mine", version: 2, summary: "",
        parameters: [ParameterSpecification("fast", .integer(1...9), default: .integer(3), "")])

    private func line(_ text: String) throws -> String {
        let request = try StrategyRequest.parse(Array(text.utf8))
        return String(decoding: try ExternalRequest(request, descriptor).line, as: UTF8.self)
    }

    private static let strategy = #""strategy":{"name":"mine","version":2,"parameters":{"fast":3}}"#

    @Test func aRequestGoesToTheHostAsItIsButForItsStrategy() throws {
        #expect(
            try line(#"{ "new" : {"ping":1}, "request_id":"r","strategy":{"name":"mine"} , "labels":{"log":"x"}}"#)
                == #"{ "new" : {"ping":1}, "request_id":"r",\#(Self.strategy) , "labels":{"log":"x"}}"#)
    }

    @Test(arguments: ["ping", "ready", "granted", "lock", "unlock", "log", #"p\u0069ng"#])
    func whatWouldBeAWordOfTheProtocolIsLeftOut(name: String) throws {
        #expect(
            try line(#"{"\#(name)":[1,{"a":"}"}], "request_id":"r","new":[ 1 ],"strategy":{"name":"mine"}}"#)
                == #"{"request_id":"r","new":[ 1 ],\#(Self.strategy)}"#)
        #expect(
            try line(#"{"request_id":"r","strategy":{"name":"mine"},"\#(name)":null}"#)
                == #"{"request_id":"r",\#(Self.strategy)}"#)
    }
}
