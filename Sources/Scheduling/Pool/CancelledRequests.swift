import Messages

/// What has been cancelled, as long as it could still come: a bounded number of orders.
struct CancelledRequests: Sendable {
    /// The oldest give way.
    static let mostOrders = 100_000

    private var times: [CancelOrder.Target: Timestamp] = [:]
    private var order: [CancelOrder.Target] = []
    private var hasSweeps = false

    var isEmpty: Bool { times.isEmpty }

    mutating func note(_ new: CancelOrder) {
        if let known = times[new.target] {
            times[new.target] = max(known, new.time)
            return
        }
        if order.count >= 2 * Self.mostOrders {
            for target in order.prefix(Self.mostOrders) { times[target] = nil }
            order.removeFirst(Self.mostOrders)
        }
        times[new.target] = new.time
        order.append(new.target)
        if case .sweep = new.target { hasSweeps = true }
    }

    /// Whether the order is of the step's request, and later than it.
    static func covers(_ order: CancelOrder, _ step: Step) -> Bool {
        switch order.target {
        case .request(let id): id == step.request.requestID && isBefore(order.time, step)
        case .sweep(let id): step.request.sweepNames.contains(id) && isBefore(order.time, step)
        }
    }

    /// Whether the step's request was cancelled after it had been submitted.
    func cover(_ step: Step) -> Bool {
        guard !isEmpty else { return false }
        if Self.isBefore(times[.request(step.request.requestID)], step) { return true }
        return hasSweeps && step.request.sweepNames.contains { Self.isBefore(times[.sweep($0)], step) }
    }

    private static func isBefore(_ time: Timestamp?, _ step: Step) -> Bool {
        guard let time else { return false }
        return step.recordTime.map { $0 <= time } ?? true
    }
}
