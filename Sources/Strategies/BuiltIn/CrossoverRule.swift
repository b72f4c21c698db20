import Messages

/// Buys where one line crosses above another, sells where it crosses below.
///
/// Safety: its lines are the backtest's indicators, whose set outlives the run, one value per bar of it.
@safe
struct CrossoverRule: Rule {
    private let fast: UnsafeBufferPointer<Double>
    private let slow: UnsafeBufferPointer<Double>
    private let up: Decision
    private let down: Decision
    private var detector: CrossDetector

    init(
        _ fast: UnsafeBufferPointer<Double>, _ slow: UnsafeBufferPointer<Double>, _ parameters: Parameters, warmUp: Int
    ) {
        unsafe self.fast = fast
        unsafe self.slow = slow
        let direction = Direction(parameters)
        up = direction.up
        down = direction.down
        let ties = CrossDetector.Ties(rawValue: parameters.text("cross")) ?? .robust
        detector = unsafe CrossDetector(ties, first: fast[warmUp] - slow[warmUp])
    }

    @inline(__always)
    mutating func decide(at bar: Int, position: Double) -> Decision {
        switch unsafe detector.next(fast[bar] - slow[bar]) {
        case .up: up
        case .down: down
        case .none: .nothing
        }
    }
}

/// What a crossover of two averages takes, and the rule between their periods.
enum Crossover {
    static func parameters() -> [ParameterSpecification] {
        [
            CommonParameter.period("fast", 10, "bars of the fast average"),
            CommonParameter.period("slow", 20, from: 2, "bars of the slow average; more than fast"),
            CommonParameter.direction, CommonParameter.cross,
        ] + CommonParameter.exits
    }

    static func conflict(in parameters: Parameters) -> String? {
        let fast = parameters.integer("fast")
        let slow = parameters.integer("slow")
        return fast < slow ? nil : "fast is \(fast) and slow is \(slow), fast must be less than slow"
    }
}
