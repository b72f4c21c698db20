package import Scheduling
import Synchronization
import System

/// A node that is made and runs on a thread of its own.
package final class NodeThread: Sendable {
    private let thread: PermanentThread
    private let outcome: Outcome

    private final class Outcome: Sendable {
        let node = Mutex<Node?>(nil)
        let result = Mutex<Result<Int32, NodeFailure>?>(nil)
    }

    /// - Parameters:
    ///   - whenEnded: called on the node's thread once it has ended.
    ///   - makeNode: called on the node's thread, which may wait for what the node needs.
    /// - Throws: `NodeFailure` when the system gives no thread.
    package init(
        whenEnded: @escaping @Sendable () -> Void = {},
        makeNode: @escaping @Sendable () throws(NodeFailure) -> Node
    ) throws(NodeFailure) {
        let outcome = Outcome()
        self.outcome = outcome
        do {
            thread = try PermanentThread(name: "consumer") {
                do throws(NodeFailure) {
                    let node = try makeNode()
                    outcome.node.withLock { $0 = node }
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

    /// The node; nil while it is being made, and where it could not be.
    package var node: Node? { outcome.node.withLock { $0 } }

    /// Whether the node has ended, or could not begin.
    package var hasEnded: Bool { outcome.result.withLock { $0 != nil } }

    /// Waits for the node's end.
    ///
    /// - Parameter until: when to give up; nil waits without end.
    /// - Returns: its exit code; nil where it has not ended by then.
    /// - Throws: why it could not begin.
    package func result(until: MonotonicTime?) throws(NodeFailure) -> Int32? {
        guard thread.join(until: until) else { return nil }
        return try outcome.result.withLock { $0 }?.get()
    }
}
