import Testing

@testable import Messages

@Suite struct LockDemandTests {
    private func parse(_ text: String) throws -> LockDemand? { try LockDemand.parse(Array(text.utf8)) }

    @Test func readsDemands() throws {
        #expect(try parse(#"{"lock":["a","b"]}"#) == .lock(["a", "b"]))
        #expect(try parse(#" { "unlock" : [ "a" ] } "#) == .unlock(["a"]))
    }

    @Test(arguments: [#"{"status":"completed"}"#, #"{"locks":["a"]}"#, "{}", "[]", "nonsense", "", #"{"lock"#])
    func whateverElseItIsMustBeAReply(text: String) throws {
        #expect(try parse(text) == nil)
    }

    @Test(arguments: [
        #"{"lock":[]}"#, #"{"lock":"a"}"#, #"{"lock":["a",1]}"#, #"{"lock":[""]}"#,
        #"{"lock":["a"],"status":"completed"}"#,
        #"{"lock":["a"]} more"#, #"{"unlock":null}"#, #"{"lock":["a"]"#,
    ])
    func refusesWhatIsHalfADemand(text: String) {
        #expect(throws: JSONProblem.self) { try parse(text) }
    }

    @Test func refusesMoreNamesThanADemandMayHave() throws {
        func demand(_ count: Int) -> String {
            #"{"lock":["# + (0..<count).map { "\"\($0)\"" }.joined(separator: ",") + "]}"
        }
        #expect(try parse(demand(64)) != nil)
        #expect(throws: JSONProblem.self) { try parse(demand(65)) }
    }

    @Test func grantsInTheSameWords() {
        #expect(String(decoding: LockDemand.granted(["a", "b\""]), as: UTF8.self) == #"{"granted":["a","b\""]}"#)
    }
}
