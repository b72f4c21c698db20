import Dispatch

/// A thread for one task.
final class OwnThread: TaskExecutor {
    private let queue = DispatchQueue(label: "test")

    func enqueue(_ job: consuming ExecutorJob) {
        let job = UnownedJob(job)
        queue.async { job.runSynchronously(on: self.asUnownedTaskExecutor()) }
    }
}

/// Runs a test that waits for seconds when it is its turn, on a thread of its own, so that it keeps no other test
/// waiting. It stays the same task, by which a failed expectation finds its test.
package func onOwnThread(_ body: @Sendable () throws -> Void) async throws {
    try await MachineTurn.take(.nodes(1)) { try body() }
}
