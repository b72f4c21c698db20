/// The last minutes of a node as `/status` shows them: a fixed number of samples, the oldest making room.
package struct StatusHistory: Sendable {
    package struct Sample: Sendable, Hashable {
        package var queueDepth: Int
        package var running: Int
        package var pausedPartitions: Int
        /// Requests that got their result since the sample before.
        package var finished: Int

        package init(queueDepth: Int, running: Int, pausedPartitions: Int, finished: Int) {
            self.queueDepth = queueDepth
            self.running = running
            self.pausedPartitions = pausedPartitions
            self.finished = finished
        }
    }

    private let capacity: Int
    private var ring: [Sample] = []
    private var next = 0

    /// - Parameter capacity: how many samples are kept, at least 1.
    package init(capacity: Int = 300) {
        self.capacity = max(1, capacity)
        ring.reserveCapacity(self.capacity)
    }

    package mutating func append(_ sample: Sample) {
        if ring.count < capacity {
            ring.append(sample)
        } else {
            ring[next] = sample
            next = (next + 1) % capacity
        }
    }

    /// All samples, the oldest first.
    package var samples: [Sample] { Array(ring[next...] + ring[..<next]) }
}
