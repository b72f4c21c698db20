/// What the metadata of a commit say beside its offset.
package struct CommitMetadata: Equatable, Sendable {
    /// What is done above the offset, and what may be.
    package var maps: [DoneMap] = []
    /// What is not done and has failed, in the order of its offsets.
    package var failures: [FailureMark] = []

    package init(maps: [DoneMap] = [], failures: [FailureMark] = []) {
        self.maps = maps
        self.failures = failures
    }
}
