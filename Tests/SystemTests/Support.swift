import Scheduling
import System
import TestSupport

/// When waiting for what must come ends.
func soon() -> MonotonicTime {
    .now().adding(milliseconds: Patience.milliseconds)
}
