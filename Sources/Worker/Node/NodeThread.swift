import Hosting
import Synchronization

/// A node that runs on a thread of its own.
package final class NodeThread: Sendable {
    private let thread: PermanentThread
    private let outcome: Outcome

    private final class Outcome: Sendable {
        let result = Mutex<Result<Int32, NodeFailure>>(.success(0))
    }

    /// - Parameter whenEnded: called on the node's thread once it has ended.
    package init(_ node: Node, whenEnded: @escaping @Sendable () -> Void = {}) throws(NodeFailure) {
        let outcome = Outcome()
        self.outcome = outcome
        do {
            thread = try PermanentThread(name: "consumer") {
                do throws(NodeFailure) {
                    let code = try node.run()
                    outcome.result.withLock { $0 = .success(code) }
                } catch {
                    outcome.result.withLock { $0 = .failure(error) }
                }
                whenEnded()
            }
        } catch {
            throw NodeFailure(error.description, code: ExitCode.software)
        }
    }

    /// Waits for the node's end.
    ///
    /// - Returns: its exit code.
    /// - Throws: why it could not begin.
    package func result() throws(NodeFailure) -> Int32 {
        thread.join()
        return try outcome.result.withLock { $0 }.get()
    }
}
