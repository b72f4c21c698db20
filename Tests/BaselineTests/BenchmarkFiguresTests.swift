import Messages
import Testing

@testable import Baseline

@Suite struct BenchmarkFiguresTests {
    private func figures(_ values: [(String, Double)], broker: String = "a cluster") -> BenchmarkFigures {
        var figures = BenchmarkFigures(broker: broker)
        for (name, value) in values { figures.add(name, value) }
        return figures
    }

    @Test func whatIsPrintedIsReadAgain() throws {
        let printed = figures([("jobs", 345_678.123_456), ("ratio", 0.5), ("whole", 3)])
        let read = try BenchmarkFigures(json: try JSONValue.parse(Array(printed.json.text.utf8)))
        #expect(read == printed)
        #expect(read["jobs"] == 345_678.123)
        #expect(read["none"] == nil)
    }

    @Test(arguments: [
        "[]", #"{"broker":"a cluster"}"#, #"{"figures":{}}"#, #"{"broker":"a cluster","figures":{"ratio":"0.5"}}"#,
    ])
    func whatAnotherProgramWroteIsRefused(_ text: String) throws {
        let json = try JSONValue.parse(Array(text.utf8))
        #expect(throws: BenchmarkFigures.Problem.self) { try BenchmarkFigures(json: json) }
    }

    @Test func aChangeIsOfWhatBothHave() throws {
        let changes = try figures([("ratio", 0.4), ("new", 1)]).changes(since: figures([("ratio", 0.5), ("old", 1)]))
        #expect(changes == [BenchmarkFigures.Change(name: "ratio", stored: 0.5, now: 0.4)])
        #expect(changes.first?.share == 0.8)
    }

    @Test func figuresOfAnotherKindOfBrokerAreNotCompared() {
        #expect(throws: BenchmarkFigures.Problem.self) {
            try figures([("ratio", 1)], broker: "the embedded broker").changes(since: figures([("ratio", 1)]))
        }
    }

    @Test(arguments: [(0.36, false), (0.35, false), (0.34, true)])
    func aFigureHasFallenBelowTheShareAndNotAtIt(_ now: Double, _ expected: Bool) {
        #expect(figures([("ratio", now)]).hasFallen("ratio", below: 0.7, of: figures([("ratio", 0.5)])) == expected)
    }

    @Test func aFigureThatOneOfTheTwoLacksHasNotFallen() {
        #expect(!figures([]).hasFallen("ratio", below: 0.7, of: figures([("ratio", 0.5)])))
        #expect(!figures([("ratio", 0.1)]).hasFallen("ratio", below: 0.7, of: figures([])))
    }
}

@Suite struct QuantileTests {
    @Test func aQuantileIsOneOfTheValues() {
        let values = (1...1000).map(Double.init).shuffled()
        #expect(Quantile.of(values, 0.5) == 500)
        #expect(Quantile.of(values, 0.99) == 990)
        #expect(Quantile.of(values, 0.999) == 999)
        #expect(Quantile.of(values, 1) == 1000)
        #expect(Quantile.of(values, 0) == 1)
        #expect(Quantile.of([7], 0.999) == 7)
        #expect(Quantile.of([], 0.5) == nil)
    }

    @Test func theMedianOfAnEvenNumberLiesBetweenTwo() {
        #expect(Quantile.median([4, 1, 3, 2]) == 2.5)
        #expect(Quantile.median([9, 1, 5]) == 5)
        #expect(Quantile.median([]) == nil)
    }
}

@Suite struct BenchRequestTests {
    @Test(arguments: [0, 417, 999_999_999_999])
    func isARequestWithLabelsOfTheSizeItSays(_ number: Int) throws {
        let bytes = BenchRequest.bytes(number)
        #expect(bytes.count == BenchRequest.size)
        let request = try StrategyRequest.parse(bytes)
        #expect(request.strategy == "noop")
        #expect(request.requestID.hasSuffix(String(number)))
        #expect(try JSONValue.parse(request.labels).members?.count == 7)
        #expect(BenchRequest.number(in: bytes) == number)
    }

    @Test func theNumberOfAResultIsFound() {
        let result =
            #"{"schema_version":1,"type":"backtest_result","request_id":"0190f6c2-7d01-7a55-9a3e-000000000417""#
        #expect(BenchRequest.number(in: Array(result.utf8)) == 417)
    }

    @Test(arguments: ["", "{}", #"{"request_id":"0190f6c2-7d01-7a55-9a3e-0004"#, #"{"request_id":"another"}"#])
    func whatHasNoNumberHasNone(_ text: String) {
        #expect(BenchRequest.number(in: Array(text.utf8)) == nil)
    }
}
