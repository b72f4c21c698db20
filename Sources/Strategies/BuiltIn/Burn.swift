import Glibc
import Messages

/// Uses processor time.
struct Burn: BareStrategy {
    let descriptor = StrategyDescriptor(
        name: "burn", summary: "Uses processor time, however long that takes.",
        parameters: [
            ParameterSpecification(
                "ms", .number(0...3_600_000), default: .integer(10), "milliseconds of processor time to use")
        ])

    func perform(_ parameters: Parameters) {
        let end = Self.processorTime() + Int(parameters.number("ms") * 1e6)
        var state: UInt64 = 1
        while Self.processorTime() < end {
            for _ in 0..<1000 { state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407 }
            // Keeps the loop from being optimised away.
            withExtendedLifetime(state) {}
        }
    }

    /// Of this thread, in nanoseconds.
    private static func processorTime() -> Int {
        var time = timespec()
        unsafe clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time)
        return time.tv_sec * 1_000_000_000 + time.tv_nsec
    }
}
