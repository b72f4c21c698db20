import Messages
import Worker

/// An option a command knows.
struct Option {
    let name: String
    let short: String?
    /// What its value is called; nil for a flag.
    let value: String?
    let summary: String

    init(_ name: String, short: String? = nil, value: String? = nil, _ summary: String) {
        self.name = name
        self.short = short
        self.value = value
        self.summary = summary
    }

    static let help = Option("help", short: "h", "says this")

    var shownName: String {
        (short.map { "-\($0), " } ?? "") + "--\(name)" + (value.map { " \($0)" } ?? "")
    }
}

/// The words after a command, read by the options it knows.
struct Arguments {
    private var values: [String: [String]] = [:]
    private(set) var positional: [String] = []
    /// What follows `--`.
    private(set) var rest: [String] = []

    /// - Throws: a usage failure that names the word.
    init(_ words: [String], options: [Option]) throws(CommandFailure) {
        let known = options + [.help]
        var index = 0
        while index < words.count {
            let word = words[index]
            index += 1
            if word == "--" {
                rest = Array(words[index...])
                return
            }
            guard word.hasPrefix("-"), word != "-" else {
                positional.append(word)
                continue
            }
            let parts = word.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
            let option = try Self.find(parts[0], in: known)
            values[option.name, default: []].append(
                try Self.value(of: option, inline: parts.count > 1 ? parts[1] : nil, words, &index))
        }
    }

    private static func find(_ word: String, in options: [Option]) throws(CommandFailure) -> Option {
        let found = options.first { word == "--\($0.name)" || ($0.short != nil && word == "-\($0.short ?? "")") }
        guard let found else {
            let hint = nearestNameHint(to: word, in: options.map { "--\($0.name)" })
            throw .usage("unknown option \(word)\(hint)")
        }
        return found
    }

    private static func value(
        of option: Option, inline: String?, _ words: [String], _ index: inout Int
    ) throws(CommandFailure) -> String {
        guard let name = option.value else {
            guard inline == nil else { throw .usage("--\(option.name) takes no value") }
            return ""
        }
        if let inline { return inline }
        guard index < words.count else { throw .usage("--\(option.name) needs a value: \(name)") }
        defer { index += 1 }
        return words[index]
    }

    func has(_ name: String) -> Bool { values[name] != nil }

    /// The last value given.
    func value(_ name: String) -> String? { values[name]?.last }

    func all(_ name: String) -> [String] { values[name] ?? [] }

    /// A whole number in a range; nil when the option is not given.
    func integer(_ name: String, in range: ClosedRange<Int>) throws(CommandFailure) -> Int? {
        guard let text = value(name) else { return nil }
        guard let number = Int(text), range.contains(number) else {
            throw .usage("--\(name) is \(text), must be a whole number from \(range.lowerBound) to \(range.upperBound)")
        }
        return number
    }

    /// A number in a range; nil when the option is not given.
    func number(_ name: String, in range: ClosedRange<Double>) throws(CommandFailure) -> Double? {
        guard let text = value(name) else { return nil }
        guard let number = Double(text), range.contains(number) else {
            throw .usage("--\(name) is \(text), must be a number from \(range.lowerBound) to \(range.upperBound)")
        }
        return number
    }

    /// A point in time, or an age: a number with s, m, h or d behind it; nil when the option is not given.
    func time(_ name: String, now: Timestamp = .now()) throws(CommandFailure) -> Timestamp? {
        guard let text = value(name) else { return nil }
        if let time = Timestamp(rfc3339: text) { return time }
        let units: [Character: Int64] = ["s": 1000, "m": 60_000, "h": 3_600_000, "d": 86_400_000]
        guard let unit = text.last.flatMap({ units[$0] }), let count = Int64(text.dropLast()),
            (0...1_000_000_000).contains(count)
        else {
            throw .usage("--\(name) is \(text), must be like 2026-01-31T09:30:00Z, or 90s, 30m, 12h, 7d ago")
        }
        return Timestamp(milliseconds: now.milliseconds - count * unit)
    }

    /// How long: a number with ms, s, m or h behind it; nil when the option is not given.
    func duration(_ name: String, in range: ClosedRange<Duration>) throws(CommandFailure) -> Duration? {
        guard let text = value(name) else { return nil }
        let units: [(name: String, milliseconds: Int)] = [("ms", 1), ("s", 1000), ("m", 60_000), ("h", 3_600_000)]
        let unit = units.first { text.hasSuffix($0.name) }
        guard let unit, let count = Int(text.dropLast(unit.name.count)), (0...1_000_000_000).contains(count),
            range.contains(.milliseconds(count * unit.milliseconds))
        else {
            let bounds = "from \(range.lowerBound.inWords) to \(range.upperBound.inWords)"
            throw .usage("--\(name) is \(text), must be like 500ms, 30s, 5m, \(bounds)")
        }
        return .milliseconds(count * unit.milliseconds)
    }

    /// Refuses words a command does not take.
    func expectPositional(_ range: ClosedRange<Int>, _ what: String) throws(CommandFailure) {
        guard range.contains(positional.count) else {
            throw .usage(
                positional.count > range.upperBound
                    ? "does not know what to do with \"\(positional[range.upperBound])\"" : "needs \(what)")
        }
    }
}

enum NearestCommand {
    /// Of the first words: `topics`, not `topics check`.
    static func hint(_ word: String) -> String {
        nearestNameHint(to: word, in: Dispatch.commands.map { String($0.name.prefix { $0 != " " }) })
    }
}
