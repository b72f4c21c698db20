import Testing

@testable import Scheduling

@Suite struct InterferenceWatchTests {
    private var watch = InterferenceWatch()

    /// Strategy 1 with its P95 and load, strategy 2 with its load.
    private mutating func look(_ p95Ms: Double, load: Double = 1, other: Double, steps: Int = 100) -> [[Int]] {
        watch.look(at: [
            .init(strategy: 1, steps: steps, p95Ms: p95Ms, load: load),
            .init(strategy: 2, steps: 100, p95Ms: 50, load: other),
            .init(strategy: 3, steps: 0, p95Ms: nil, load: 0),
        ]).map { [$0.by, $0.of] }
    }

    private mutating func learn() {
        for _ in 0..<5 { _ = look(10, other: 0.5) }
    }

    @Test mutating func namesWhoseLoadRoseAndWhoBecameSlow() {
        learn()
        #expect(look(20, other: 3) == [[2, 1]])
    }

    @Test mutating func itGoesOnForAsLongAsItLasts() {
        learn()
        let found = (0..<20).map { _ in look(20, other: 3) }
        #expect(found.allSatisfy { $0 == [[2, 1]] })
        #expect(look(10, other: 0.5) == [])
    }

    @Test mutating func aSmallRiseIsNone() {
        learn()
        #expect(look(19.9, other: 3) == [])
    }

    @Test mutating func aRiseNobodysLoadExplainsIsNobodysFault() {
        learn()
        #expect(look(100, other: 0.5) == [])
        // Its own load is its own business.
        #expect(look(100, load: 5, other: 0.5) == [])
    }

    @Test mutating func aFewStepsProveNothing() {
        learn()
        #expect(look(100, other: 3, steps: 19) == [])
    }

    @Test mutating func nothingIsSaidBeforeItIsKnownWhatIsUsual() {
        _ = look(10, other: 0.5)
        _ = look(10, other: 0.5)
        #expect(look(100, other: 3) == [])
    }

    @Test mutating func aNewRegimeThatNobodyCausedBecomesUsual() {
        learn()
        for _ in 0..<30 { _ = look(40, other: 0.5) }
        #expect(look(50, other: 3) == [])
    }

    @Test mutating func ofSeveralTheOneThatRoseMostIsNamed() {
        for _ in 0..<5 {
            _ = watch.look(at: (1...3).map { .init(strategy: $0, steps: 100, p95Ms: 10, load: 1) })
        }
        let found = watch.look(at: [
            .init(strategy: 1, steps: 100, p95Ms: 30, load: 1), .init(strategy: 2, steps: 100, p95Ms: 10, load: 2),
            .init(strategy: 3, steps: 100, p95Ms: 10, load: 4),
        ])
        #expect(found == [.init(by: 3, loadBefore: 1, load: 4, of: 1, p95BeforeMs: 10, p95Ms: 30)])
    }
}
