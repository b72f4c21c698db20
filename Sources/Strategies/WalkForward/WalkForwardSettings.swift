import Messages

/// How a walk-forward cuts the bars: the member `walk_forward` of its document.
struct WalkForwardSettings: Equatable, Sendable {
    enum Kind: String, CaseIterable, Sendable {
        /// Every in-sample part has one length.
        case rolling
        /// Every in-sample part begins with the first bar.
        case anchored
    }

    /// How long a part is.
    enum Length: Equatable, Sendable {
        case bars(Int)
        /// Those less than so many days after the first of them; of one that ends at a bar, before the last.
        case days(Int)
    }

    var kind = Kind.rolling
    var inSample: Length
    var outOfSample: Length
    /// Bars between an in-sample part and its out-of-sample part that are in neither.
    var purgeBars = 0
    /// Bars after an out-of-sample part that are in no out-of-sample part.
    var embargoBars = 0
    /// Bars before an out-of-sample part that its run sees; nil: those from the first of its in-sample part on.
    var warmUpBars: Int?

    /// Each is a sweep of its own.
    static let mostWindows = 200
    private static let mostBars = 100_000_000
    private static let mostDays = 3_660_000

    static let members = ["kind", "in_sample", "out_of_sample", "purge_bars", "embargo_bars", "warmup_bars"]

    init(kind: Kind = .rolling, inSample: Length, outOfSample: Length) {
        (self.kind, self.inSample, self.outOfSample) = (kind, inSample, outOfSample)
    }

    /// - Throws: `invalid_request` with what is wrong.
    init(_ value: JSONValue) throws(RequestProblem) {
        let section = try SectionReader("walk_forward", value, known: Self.members)
        kind = try section.word("kind", of: Kind.allCases) ?? .rolling
        inSample = try Self.length("in_sample", section, from: 2)
        // What is decided at one bar's close is filled at the next one's open.
        outOfSample = try Self.length("out_of_sample", section, from: 2)
        purgeBars = try section.integer("purge_bars", in: 0...1_000_000) ?? 0
        embargoBars = try section.integer("embargo_bars", in: 0...1_000_000) ?? 0
        warmUpBars = try section.integer("warmup_bars", in: 0...DataSelection.mostWarmUpBars)
    }

    private static func length(
        _ name: String, _ section: SectionReader, from fewest: Int
    ) throws(RequestProblem) -> Length {
        guard let value = section[name], value.members != nil else {
            throw section.wrong(name, "an object like {\"bars\": 500} or {\"days\": 730}")
        }
        let part = try SectionReader("walk_forward.\(name)", value, known: ["bars", "days"])
        let bars = try part.integer("bars", in: fewest...mostBars)
        let days = try part.integer("days", in: 1...mostDays)
        switch (bars, days) {
        case (let bars?, nil): return .bars(bars)
        case (nil, let days?): return .days(days)
        default:
            throw RequestProblem(
                .invalidRequest, "walk_forward.\(name) must have one of bars and days, like {\"bars\": 500}")
        }
    }
}

/// One window of a walk-forward: bars that sets are judged by, and later ones that the best of them is tried on.
struct WalkForwardWindow: Equatable {
    let inSample: Range<Int>
    let outOfSample: Range<Int>
}

extension WalkForwardSettings {
    /// The windows over these bars, the earliest first. Out-of-sample parts follow each other, `embargoBars` apart; each is
    /// whole.
    ///
    /// - Parameter times: of the bars, in UTC milliseconds.
    /// - Throws: `insufficient_data` where there are too few bars for one window, `invalid_request` where there are too
    ///   many windows.
    func windows(_ times: [Int64]) throws(RequestProblem) -> [WalkForwardWindow] {
        let bars = Timeline(times)
        guard let judged = bars.end(of: inSample, from: 0),
            let last = bars.end(of: outOfSample, from: judged + purgeBars)
        else { throw tooFew(times) }
        var windows: [WalkForwardWindow] = []
        var tried = judged + purgeBars..<last
        while true {
            let end = tried.lowerBound - purgeBars
            let start = kind == .anchored ? 0 : bars.start(of: inSample, before: end)
            for (name, part) in [("in_sample", start..<end), ("out_of_sample", tried)] where part.count < 2 {
                throw RequestProblem(
                    .insufficientData,
                    "walk_forward: the \(name) part of window \(windows.count + 1), from "
                        + "\(BarTime.text(times[part.lowerBound])) on, has \(part.count) bars, must have at least 2, "
                        + "since none is held at the first of them; take a longer \(name)")
            }
            guard windows.count < Self.mostWindows else {
                throw RequestProblem(
                    .invalidRequest,
                    "walk_forward makes more than \(Self.mostWindows) windows of \(times.count) bars; take a longer "
                        + "out_of_sample, or a shorter range in data")
            }
            windows.append(WalkForwardWindow(inSample: start..<end, outOfSample: tried))
            let next = tried.upperBound + embargoBars
            guard let last = bars.end(of: outOfSample, from: next) else { return windows }
            tried = next..<last
        }
    }

    private func tooFew(_ times: [Int64]) -> RequestProblem {
        let span = times.isEmpty ? "" : " from \(BarTime.text(times[0])) to \(BarTime.text(times[times.count - 1]))"
        let purge = purgeBars == 0 ? "" : ", \(purgeBars) bars between them"
        return RequestProblem(
            .insufficientData,
            "walk_forward: one window takes \(inSample.words) in sample and \(outOfSample.words) out of sample\(purge), and "
                + "the data has \(times.count) bars\(span); take shorter parts or a longer range")
    }
}

extension WalkForwardSettings.Length {
    fileprivate var words: String {
        switch self {
        case .bars(let count): "\(count) bars"
        case .days(let count): "\(count) days"
        }
    }
}

/// Where parts of bars begin and end.
private struct Timeline {
    private let times: [Int64]
    /// How much longer than a day a bar is, in ms.
    private let beyondDay: Int64

    init(_ times: [Int64]) {
        self.times = times
        beyondDay = max(0, (TimeframeLabel.medianInterval(of: times) ?? 0) - BarTime.millisecondsPerDay)
    }

    /// The bar behind a part that begins with this one; nil where the bars do not reach to its end.
    func end(of length: WalkForwardSettings.Length, from start: Int) -> Int? {
        guard start < times.count else { return nil }
        switch length {
        case .bars(let count):
            return count <= times.count - start ? start + count : nil
        case .days(let count):
            let boundary = times[start] + Int64(count) * BarTime.millisecondsPerDay
            let end = first(from: boundary)
            guard end == times.count, let last = times.last else { return end }
            // What may come yet of it: a weekend and a holiday have no bars. A bar of a week or a month is there for all of it.
            let rest = min(4 * BarTime.millisecondsPerDay, (boundary - times[start]) / 2)
            return boundary - (last + beyondDay) <= rest ? end : nil
        }
    }

    /// The first bar of a part that ends before this one.
    func start(of length: WalkForwardSettings.Length, before end: Int) -> Int {
        switch length {
        case .bars(let count): max(0, end - count)
        case .days(let count): first(from: times[end - 1] - Int64(count) * BarTime.millisecondsPerDay + 1)
        }
    }

    /// The first bar at or after a time.
    private func first(from time: Int64) -> Int {
        var low = 0
        var high = times.count
        while low < high {
            let middle = (low + high) / 2
            if times[middle] >= time { high = middle } else { low = middle + 1 }
        }
        return low
    }
}
