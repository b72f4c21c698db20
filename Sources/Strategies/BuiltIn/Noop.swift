import Messages

/// Does nothing: what the way through the worker costs by itself.
struct Noop: BareStrategy {
    let descriptor = StrategyDescriptor(
        name: "noop", summary: "Does nothing; measures the way through the worker.", parameters: [])

    func perform(_ parameters: Parameters) {}
}
