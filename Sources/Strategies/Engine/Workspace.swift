/// The memory of a run, kept from one run to the next so that a run allocates nothing per bar.
///
/// Safety: it owns what `equity` shows, frees it in `deinit`, and moves it only in `begin`: nobody keeps `equity` beyond.
@safe
final class Workspace {
    /// The equity at each bar's close, valid from `begin` to the next `begin`.
    private(set) var equity = unsafe UnsafeMutableBufferPointer<Double>(start: nil, count: 0)
    var trades: ContiguousArray<Trade> = []
    private var storage = unsafe UnsafeMutableBufferPointer<Double>(start: nil, count: 0)

    init() {}

    deinit { unsafe storage.deallocate() }

    func begin(bars count: Int) {
        if unsafe storage.count < count {
            unsafe storage.deallocate()
            unsafe storage = .allocate(capacity: count)
            unsafe storage.initialize(repeating: 0)
        }
        unsafe equity = .init(rebasing: storage[..<count])
        trades.removeAll(keepingCapacity: true)
    }
}
