import Messages
import Strategies
import Testing

@testable import optimizer

/// What a sweep gets that its author left out.
@Suite struct SweepDocumentTests {
    private func parse(setsPerStep: Int, output: String = "{}", sets: Int = 9000) throws -> (Sweep, said: [String]) {
        let names = (0..<16).map { "p\($0)" }
        let wide = StrategyDescriptor(
            name: "wide", summary: "",
            parameters: names.map { ParameterSpecification($0, .number(1...2), default: .number(1), "") })
        let axes = names.map { #"{"name":"\#($0)","min":1,"max":2}"# }.joined(separator: ",")
        let text = #"""
            {"type":"optimization","strategy":{"name":"wide"},"data":{"dataset":"walk"},"parameters":[\#(axes)],
            "search":{"method":"sobol","max_evaluations":\#(sets),"sets_per_step":\#(setsPerStep)},"output":\#(output)}
            """#
        var said: [String] = []
        let sweep = try SweepDocument.parse(Array(text.utf8), from: "s.json", external: [wide]) { said.append($0) }
        return (sweep, said)
    }

    @Test func aHeatMapThatStepsHaveNoRoomForIsLeftOutWithAWord() throws {
        let top = #"{"top":200}"#
        let (_, fitting) = try parse(setsPerStep: 1000, output: top)
        #expect(fitting == [])
        let (sweep, said) = try parse(setsPerStep: 4096, output: top)
        #expect(sweep.givenSetsPerStep == 4096 && said.count == 1)
        #expect(
            said.first?.hasPrefix(
                "s.json: there will be no heat map: with one, search.sets_per_step is 4096, must be an integer from 1 to "
            ) == true
                && said.first?.hasSuffix(
                    ", so that a step's result with its heat map or figures fits into a Kafka message of 1 MB") == true,
            "\(said)")
    }

    @Test func whereNobodyWouldHaveAddedOneNothingIsSaid() throws {
        #expect(try parse(setsPerStep: 4096, output: #"{"top":200,"heatmap":false}"#).said == [])
        #expect(try parse(setsPerStep: 4096, output: #"{"top":200}"#, sets: 250_001).said == [])
    }
}
