package import Scheduling
package import System

/// Between steps.
extension Host {
    /// Waits while there is nothing to run. Bytes from a host nobody asked make it lost.
    /// - Parameters:
    ///   - wake: what other threads wake this one with; it is drained when that happened.
    ///   - until: when to give up; nil waits without end.
    package func waitIdle(wake: WakeDescriptor, until: MonotonicTime?) -> IdleEvent {
        if let kind = lossKind ?? lossBeforeRequest() { return .hostLost(lose(kind, requestDelivered: false)) }
        while true {
            let ready = ReadyDescriptors.wait(
                output: process.output, errors: errorsOpen ? process.errors : -1, process: process.handle.descriptor,
                wake: wake.descriptor, until: until)
            if ready.contains(.errors) { receiveErrors() }
            if ready.contains(.output) || ready.contains(.process), let kind = lossBeforeRequest() {
                return .hostLost(lose(kind, requestDelivered: false))
            }
            if ready.contains(.process) { return .hostLost(lose(endingKind(), requestDelivered: false)) }
            if ready.contains(.wake) {
                wake.drain()
                return .woken
            }
            if let until, until <= .now() { return .deadline }
        }
    }
}
