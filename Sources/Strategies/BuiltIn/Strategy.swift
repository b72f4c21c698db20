import Messages

/// A built-in strategy: what it is called and takes, and what must hold between its parameters.
///
/// One strategy is one file; `StrategyRegistry` lists them.
protocol Strategy: Sendable {
    var descriptor: StrategyDescriptor { get }

    /// What it is. Asked for each step, for which a dynamic cast would take longer than a short one runs.
    var kind: StrategyKind { get }

    /// What is wrong between parameters that are each right by themselves; nil when nothing is.
    func conflict(in parameters: Parameters) -> String?
}

extension Strategy {
    func conflict(in parameters: Parameters) -> String? { nil }
}

enum StrategyKind {
    case trading(any TradingStrategy)
    case bare(any BareStrategy)
}

/// A strategy that trades over bars.
protocol TradingStrategy: Strategy {
    /// What the decisions need; the first one is made when all have been valid for one bar.
    func indicators(_ parameters: Parameters) -> [Indicator]

    /// Makes its rule and has the backtest follow it.
    func trade(_ parameters: Parameters, in backtest: inout Backtest) throws(RequestProblem)
}

extension TradingStrategy {
    var kind: StrategyKind { .trading(self) }
}

/// A strategy without data: for trying out and for benchmarks.
protocol BareStrategy: Strategy {
    func perform(_ parameters: Parameters)
}

extension BareStrategy {
    var kind: StrategyKind { .bare(self) }
}

/// Checked parameters with the defaults filled in, in the descriptor's order.
struct Parameters: Equatable, Sendable {
    private(set) var members: [JSONMember]

    init(_ descriptor: StrategyDescriptor, given: [JSONMember]) {
        members = descriptor.parameters.map { JSONMember($0.name, descriptor.value(of: $0.name, in: given)) }
    }

    func integer(_ name: String) -> Int { self[name]?.integer ?? 0 }
    func number(_ name: String) -> Double { self[name]?.double ?? 0 }
    func text(_ name: String) -> String { self[name]?.string ?? "" }
    func list(_ name: String) -> [JSONValue] { self[name]?.elements ?? [] }

    mutating func set(_ name: String, to value: JSONValue) {
        guard let index = members.firstIndex(where: { $0.name == name }) else { return }
        members[index].value = value
    }

    private subscript(_ name: String) -> JSONValue? { members.first { $0.name == name }?.value }
}

/// Parameters that several strategies share, so that they are called and bounded alike.
enum CommonParameter {
    static func period(_ name: String, _ standard: Int, from lowest: Int = 1, _ summary: String)
        -> ParameterSpecification
    {
        ParameterSpecification(name, .integer(lowest...10_000), default: .integer(standard), summary)
    }

    static let direction = ParameterSpecification(
        "direction", .choice(Direction.allCases.map(\.rawValue)), default: .string(Direction.longShort.rawValue),
        "which positions are taken")

    static let cross = ParameterSpecification(
        "cross", .choice(CrossDetector.Ties.allCases.map(\.rawValue)),
        default: .string(CrossDetector.Ties.robust.rawValue), "what counts as a cross where the lines touch")

    /// Every trading strategy takes these.
    static let exits = [
        ParameterSpecification(
            "stop_loss_pct", .number(0...99.99), default: .integer(0),
            "percent of loss at which a position is closed; 0 is never"),
        ParameterSpecification(
            "take_profit_pct", .number(0...100_000), default: .integer(0),
            "percent of gain at which a position is closed; 0 is never"),
        ParameterSpecification(
            "position_fraction", .number(0.0001...1), default: .integer(1), "the part of the cash an entry uses"),
    ]
}

/// Which positions a strategy takes; what it may not take, it goes out instead.
enum Direction: String, CaseIterable {
    case longShort = "long_short"
    case longOnly = "long_only"
    case shortOnly = "short_only"

    init(_ parameters: Parameters) { self = Direction(rawValue: parameters.text("direction")) ?? .longShort }

    var up: Decision { self == .shortOnly ? .close : .buy }
    var down: Decision { self == .longOnly ? .close : .sell }
}
