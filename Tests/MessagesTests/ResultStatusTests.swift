import Testing

@testable import Messages

@Suite struct ResultStatusTests {
    /// Metrics are made for all cases, and looked up by number.
    @Test func theNumberOfAStatusIsItsPlaceAmongAllCases() {
        #expect(ResultStatus.allCases.map(\.number) == Array(ResultStatus.allCases.indices))
        #expect(ResultStatus.allCases.indices.map(ResultStatus.init(number:)) == ResultStatus.allCases)
        #expect(ResultStatus(number: 8) == nil)
    }
}
