package import Messages

/// The figures of a benchmark by name, as they are printed, stored and compared.
package struct BenchmarkFigures: Equatable, Sendable {
    package struct Problem: Error, CustomStringConvertible {
        package let description: String

        package init(description: String) {
            self.description = description
        }
    }

    /// What a figure has become since it was stored.
    package struct Change: Equatable, Sendable {
        package let name: String
        package let stored: Double
        package let now: Double

        /// What it is of what it was; nil where it was 0.
        package var share: Double? { stored == 0 ? nil : now / stored }
    }

    /// Where they were measured: figures of two kinds of brokers say nothing about each other.
    package let broker: String
    package private(set) var values: [(name: String, value: Double)] = []

    package init(broker: String) {
        self.broker = broker
    }

    package subscript(name: String) -> Double? { values.first { $0.name == name }?.value }

    /// Adds a figure, to three digits after the point: more are noise.
    package mutating func add(_ name: String, _ value: Double) {
        values.append((name, (value * 1000).rounded() / 1000))
    }

    package static func == (left: BenchmarkFigures, right: BenchmarkFigures) -> Bool { left.json == right.json }

    package var json: JSONValue {
        let figures = values.map { JSONMember($0.name, .number($0.value)) }
        return .object([JSONMember("broker", .string(broker)), JSONMember("figures", .object(figures))])
    }

    /// - Throws: `Problem` where this is not what `json` writes.
    package init(json: JSONValue) throws(Problem) {
        guard let broker = json["broker"]?.string, let members = json["figures"]?.members else {
            throw Problem(description: "no figures of a benchmark; optimizer-bench … --json prints some")
        }
        self.init(broker: broker)
        for member in members {
            guard let value = member.value.double else {
                throw Problem(description: "\(member.name) is \(member.value.kindName), and should be a number")
            }
            values.append((member.name, value))
        }
    }

    /// What each figure has become, for those that both have.
    /// - Throws: `Problem` where the two were measured on different kinds of brokers.
    package func changes(since stored: BenchmarkFigures) throws(Problem) -> [Change] {
        guard broker == stored.broker else {
            throw Problem(
                description: "the stored figures are of \(stored.broker), these of \(broker): they cannot be compared")
        }
        return values.compactMap { figure in
            stored[figure.name].map { Change(name: figure.name, stored: $0, now: figure.value) }
        }
    }

    /// Whether a figure has fallen below a share of what is stored. One that either of the two lacks has not.
    package func hasFallen(_ name: String, below share: Double, of stored: BenchmarkFigures) -> Bool {
        guard let now = self[name], let before = stored[name] else { return false }
        return now < before * share
    }
}

package enum Quantile {
    /// The value that so large a part of all is not above; nil where there are none.
    package static func of(_ values: [Double], _ part: Double) -> Double? {
        let sorted = values.sorted()
        guard !sorted.isEmpty else { return nil }
        let rank = Int((part * Double(sorted.count)).rounded(.up))
        return sorted[min(max(rank, 1), sorted.count) - 1]
    }

    /// The middle one; of an even number the mean of the two in the middle.
    package static func median(_ values: [Double]) -> Double? {
        let sorted = values.sorted()
        guard !sorted.isEmpty else { return nil }
        return (sorted[sorted.count / 2] + sorted[(sorted.count - 1) / 2]) / 2
    }
}
