import Glibc
import Messages

/// Waits without using the processor.
struct Sleep: BareStrategy {
    let descriptor = StrategyDescriptor(
        name: "sleep", summary: "Waits, using no processor time.",
        parameters: [
            ParameterSpecification("ms", .number(0...3_600_000), default: .integer(10), "milliseconds to wait")
        ])

    func perform(_ parameters: Parameters) {
        var end = timespec()
        unsafe clock_gettime(CLOCK_MONOTONIC, &end)
        let nanoseconds = end.tv_nsec + Int(parameters.number("ms") * 1e6)
        end.tv_sec += nanoseconds / 1_000_000_000
        end.tv_nsec = nanoseconds % 1_000_000_000
        // A signal that stops and continues the host must not change when the wait ends.
        while unsafe clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &end, nil) == EINTR {}
    }
}
