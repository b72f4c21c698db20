import Scheduling
import System

/// For measurements of what hosts cost.
extension Host {
    /// Hands a request over and leaves its step running.
    package func beginWithoutWaiting(_ request: [UInt8]) {
        _ = run(request, deadline: .now().adding(milliseconds: 1))
        watch.begin(nil)
    }

    /// Microseconds that a step's beginning and end cost without a step between them.
    package func accountingTime(steps: Int) -> Double {
        let start = MonotonicTime.now()
        for _ in 0..<steps {
            watch.begin(nil)
            _ = watch.end()
        }
        return MonotonicTime.now().milliseconds(since: start) * 1000 / Double(steps)
    }
}
