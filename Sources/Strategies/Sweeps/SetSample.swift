/// Which sets of a sweep have their returns kept for the probability of overfitting: all of a small one, and of a large
/// one as many as are bearable, spread over the whole grid.
///
/// It follows from the grid's size and the set's number, so every step knows by itself which of its sets are in it, however
/// the sweep is cut. The grid is cut into `most` parts of equal length, and one set of each is taken, at a place by
/// chance: equal distances would fall into step with the parameters.
struct SetSample: Equatable, Sendable {
    /// 32 numbers of each go over the wire, and each is compared with all others 12,870 times.
    static let most = 256

    private let setCount: Int

    /// - Parameter setCount: at most `Sweep.maximumSets`.
    init(of setCount: Int) { self.setCount = setCount }

    func contains(_ index: Int) -> Bool {
        guard setCount > Self.most else { return true }
        let part = index * Self.most / setCount
        let (first, end) = (bound(part), bound(part + 1))
        return index == first + Int(SplitMix64.number(UInt64(part), of: 0) % UInt64(end - first))
    }

    /// The first set of a part.
    private func bound(_ part: Int) -> Int { (part * setCount + Self.most - 1) / Self.most }
}
