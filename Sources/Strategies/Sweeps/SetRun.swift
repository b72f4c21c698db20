/// The bars of a data set that the sets of a step are run on: those in sample, or those out of it.
struct SweptBars {
    let indicators: IndicatorSet
    let calendar: Calendar
}

/// What came of a set on the bars of one data set.
struct SetRun {
    var statistics: Statistics
    let dropped: DroppedOrders?
}

/// The orders that a set could not pay for, on all its data sets.
struct SetDropped {
    let count: Int
    /// Of the first data set that has any.
    let first: DroppedOrders
    let place: Int

    /// - Returns: nil where there are none.
    init?(_ runs: [SetRun]) {
        guard let place = runs.firstIndex(where: { $0.dropped != nil }), let first = runs[place].dropped else {
            return nil
        }
        (self.first, self.place) = (first, place)
        count = runs.reduce(0) { $0 + ($1.dropped?.count ?? 0) }
    }
}
