import Glibc
import Messages

/// From figures to places on an axis.
struct ChartScale {
    let low: Double
    let high: Double
    /// Where `low` and `high` lie.
    let from: Double
    let to: Double
    /// Beyond it the span of an axis would be no number any more.
    private static let most = 1e300

    /// - Parameter values: what must lie on it; a little room is added on both sides.
    init(_ values: some Sequence<Double>, from: Double, to: Double, padding: Double = 0.04) {
        let finite = values.filter(\.isFinite).map { min(max($0, -Self.most), Self.most) }
        let low = finite.min() ?? 0
        let high = finite.max() ?? 1
        let room = high > low ? (high - low) * padding : max(abs(high), 1) * 0.1
        self.init(low: low - room, high: high + room, from: from, to: to)
    }

    init(low: Double, high: Double, from: Double, to: Double) {
        self.low = low
        self.high = high > low ? high : low + 1
        self.from = from
        self.to = to
    }

    /// What lies beyond an end is drawn there.
    func callAsFunction(_ value: Double) -> Double {
        from + (min(max(value, low), high) - low) / (high - low) * (to - from)
    }

    /// Round figures on it, about so many.
    func ticks(_ count: Int) -> [Double] {
        let rough = (high - low) / Double(max(1, count))
        let power = pow(10, log10(rough).rounded(.down))
        let step = ([1, 2, 2.5, 5, 10].first { $0 * power >= rough } ?? 10) * power
        guard step > 0, step.isFinite else { return [] }
        var ticks: [Double] = []
        var next = (low / step).rounded(.up)
        // Beyond 2^53 the next number is the same number.
        while next * step <= high, ticks.count < 50, ticks.last != next * step {
            ticks.append(next * step)
            next += 1
        }
        return ticks
    }

    /// 1,200,000 is 1.2M.
    static func short(_ value: Double) -> String {
        let size = abs(value)
        let (divisor, unit) = size >= 1e9 ? (1e9, "B") : size >= 1e6 ? (1e6, "M") : size >= 1e4 ? (1e3, "k") : (1, "")
        return (trimmed((value / divisor).fixed(size >= 10 ? 2 : 3)) + unit).replacingMinus
    }

    /// Without noughts at the end.
    static func trimmed(_ text: String) -> String {
        guard text.contains(".") else { return text }
        let kept = String(text.reversed().drop { $0 == "0" }.reversed())
        return kept.hasSuffix(".") ? String(kept.dropLast()) : kept
    }
}

/// Dates along an axis.
enum DateTicks {
    /// The bars at which a new year, month or day begins, whichever gives about so many.
    static func places(_ times: [Int64], about count: Int) -> [(bar: Int, label: String)] {
        for (length, every) in [(4, 10), (4, 5), (4, 2), (4, 1), (7, 6), (7, 3), (7, 1), (10, 7), (10, 1), (16, 1)] {
            let found = starts(times, length, every)
            if found.count >= max(2, count / 2) { return thinned(found, count) }
        }
        return times.first.map { [(0, Self.text($0, 10))] } ?? []
    }

    static func text(_ time: Int64, _ length: Int) -> String {
        String(Timestamp(milliseconds: time).rfc3339.prefix(length)).replacingT
    }

    private static func starts(_ times: [Int64], _ length: Int, _ every: Int) -> [(bar: Int, label: String)] {
        var found: [(bar: Int, label: String)] = []
        var last = times.first.map { text($0, length) } ?? ""
        for (bar, time) in times.enumerated() {
            let label = text(time, length)
            guard label != last else { continue }
            last = label
            let number = Int(label.suffix(length == 4 ? 4 : 2)) ?? 0
            if (length == 7 ? number - 1 : number) % every == 0 { found.append((bar, label)) }
            if found.count > 2000 { return found }
        }
        return found
    }

    private static func thinned(_ found: [(bar: Int, label: String)], _ count: Int) -> [(bar: Int, label: String)] {
        let step = (found.count + count - 1) / max(1, count)
        return found.enumerated().filter { $0.offset % max(1, step) == 0 }.map(\.element)
    }
}

extension String {
    fileprivate var replacingT: String { String(map { $0 == "T" ? " " : $0 }) }
}
