/// The memory of a run, kept from one run to the next so that a run allocates nothing per bar.
final class Workspace {
    /// The equity at each bar's close, valid from `begin` to the next `begin`.
    private(set) var equity = UnsafeMutableBufferPointer<Double>(start: nil, count: 0)
    var trades: ContiguousArray<Trade> = []
    private var storage = UnsafeMutableBufferPointer<Double>(start: nil, count: 0)

    init() {}

    deinit { storage.deallocate() }

    func begin(bars count: Int) {
        if storage.count < count {
            storage.deallocate()
            storage = .allocate(capacity: count)
            storage.initialize(repeating: 0)
        }
        equity = .init(rebasing: storage[..<count])
        trades.removeAll(keepingCapacity: true)
    }
}
