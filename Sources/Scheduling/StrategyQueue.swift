/// The requests accepted from Kafka that no slot has yet, oldest first; never more than its bound.
package struct StrategyQueue: Sendable {
    package let bound: Int
    private var steps: [Step] = []
    private var head = 0

    package init(bound: Int) {
        self.bound = bound
        steps.reserveCapacity(bound * 2)
    }

    package var depth: Int { steps.count - head }
    package var capacity: Int { bound - depth }

    /// What is queued, oldest first.
    package var queued: ArraySlice<Step> { steps[head...] }

    /// Appends a step. More than the bound is a bug of the caller, who asks for `capacity` first.
    package mutating func append(_ step: Step) {
        precondition(capacity > 0, "the strategy queue is full")
        steps.append(step)
    }

    /// Puts back a step that was taken before all that are queued.
    package mutating func putBack(_ step: Step) {
        precondition(capacity > 0, "the strategy queue is full")
        steps.insert(step, at: head)
    }

    /// Removes every step of these partitions; their requests are somebody else's now.
    package mutating func drop(partitions: Set<Int32>) -> [Step] {
        let dropped = steps[head...].filter { partitions.contains($0.coordinates.partition) }
        steps = steps[head...].filter { !partitions.contains($0.coordinates.partition) }
        head = 0
        return dropped
    }

    package mutating func dropAll() -> [Step] {
        defer {
            steps.removeAll(keepingCapacity: true)
            head = 0
        }
        return Array(steps[head...])
    }

    /// Takes the step at this place of `queued`.
    package mutating func take(at index: Int) -> Step {
        let step = steps[index]
        if index == head {
            head += 1
            // Moving the rest once a queue's length keeps taking the oldest at constant cost.
            if head == steps.count || head >= bound {
                steps.removeSubrange(..<head)
                head = 0
            }
        } else {
            steps.remove(at: index)
        }
        return step
    }
}
