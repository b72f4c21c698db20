/// What is known exactly of queues with Poisson arrivals.
enum ErlangC {
    /// The mean wait of M/M/k, in milliseconds.
    static func meanWait(ratePerSecond: Double, slots: Int, stepMs: Double) -> Double {
        let load = ratePerSecond * stepMs / 1000
        var blocked = 1.0
        for slot in 1...slots { blocked = load * blocked / (Double(slot) + load * blocked) }
        let busy = load / Double(slots)
        let waits = blocked / (1 - busy * (1 - blocked))
        return waits * stepMs / (Double(slots) - load)
    }

    /// That of M/G/k as Lee and Longton approximate it ("Queueing processes associated with airline passenger
    /// check-in", 1959; for arrivals of any kind Allen and Cunneen): exact for one slot (Pollaczek and Khinchine) and
    /// for exponential times.
    static func meanWait(ratePerSecond: Double, slots: Int, stepMs: Double, variation: Double) -> Double {
        (1 + variation * variation) / 2 * meanWait(ratePerSecond: ratePerSecond, slots: slots, stepMs: stepMs)
    }
}
