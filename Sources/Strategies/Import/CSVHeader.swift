/// The names of a CSV file's columns, and which column they say is which.
struct CSVHeader {
    /// In lower case, without brackets and numbers before them; see `name(_:)`.
    let names: [String]
    let number: Int

    private static let times = [
        "unix", "unix timestamp", "unix time", "window start", "timestamp", "datetime", "date time", "date", "time",
        "open time", "opentime", "gmt time", "local time", "trade date", "trading date", "dtyyyymmdd", "t", "",
    ]
    private static let opens = ["open", "o", "open price"]
    private static let highs = ["high", "h", "high price"]
    private static let lows = ["low", "l", "low price"]
    private static let closes = ["close", "c", "close/last", "last", "price", "close price"]
    private static let volumes = ["volume", "vol", "vol.", "v", "total volume", "volume traded"]
    private static let tickVolumes = ["tickvol", "tick volume", "tickvolume", "ticks"]
    private static let symbols = [
        "symbol", "ticker", "tic", "code", "instrument", "asset", "pair", "currency pair", "security", "act symbol",
        "name",
    ]
    private static let periods = ["per", "period", "timeframe", "interval"]

    /// - Parameter number: the line that the names stand in.
    init(_ fields: [ArraySlice<UInt8>], number: Int) { self.init(names: fields.map(Self.name), number: number) }

    /// Delimiters at the end name nothing, and the rows may have them or not.
    init(names: [String], number: Int) {
        self.names = Array(names.prefix((names.lastIndex { !$0.isEmpty } ?? 0) + 1))
        self.number = number
    }

    /// Whether a column has the name of a time.
    var namesTime: Bool { names.contains { !$0.isEmpty && Self.times.contains($0) } }

    /// Whether at least two columns have the name of a price.
    var isHeader: Bool {
        let prices = [Self.opens, Self.highs, Self.lows, Self.closes]
        return prices.count { names.contains(where: $0.contains) } >= 2
    }

    /// - Throws: where a column is missing or not clear.
    func layout(delimiter: UInt8, symbol: String? = nil) throws(ImportProblem) -> CSVLayout {
        for what in ["open", "high", "low", "close", "volume"] where names.count(where: { $0 == what }) > 1 {
            throw ImportProblem("line \(number): \"\(what)\" stands in the header twice")
        }
        let close = try required("close", Self.closes)
        var layout = CSVLayout(
            delimiter: delimiter, fieldCount: names.count, time: try timeColumn(),
            open: try required("open", Self.opens), high: try required("high", Self.highs),
            low: try required("low", Self.lows), close: close)
        layout.isMonthFirst = names[close] == "close/last"
        if ["date", "dtyyyymmdd"].contains(names[layout.time]) { layout.clock = names.firstIndex(of: "time") }
        layout.symbol = column(Self.symbols)
        layout.period = column(Self.periods)
        layout.tickVolume = column(Self.tickVolumes)
        layout.volume = column(Self.volumes)
        if layout.volume == nil { chooseVolume(in: &layout, symbol: symbol) }
        return layout
    }

    private func column(_ candidates: [String]) -> Int? {
        for candidate in candidates {
            if let index = names.firstIndex(of: candidate) { return index }
        }
        return nil
    }

    private func required(_ what: String, _ candidates: [String]) throws(ImportProblem) -> Int {
        if let index = column(candidates) { return index }
        throw ImportProblem("line \(number): no column for \(what); the header has \(shown)")
    }

    private var shown: String { names.map { "\"\($0)\"" }.joined(separator: ", ") }

    /// A name may say its zone, and only UTC is taken: the times would all be shifted otherwise.
    private func timeColumn() throws(ImportProblem) -> Int {
        if let index = column(Self.times) { return index }
        for (index, name) in names.enumerated() {
            guard let bracket = name.firstIndex(of: "("), name.last == ")", bracket > name.startIndex,
                Self.times.contains(name[..<bracket].trimmed)
            else { continue }
            let zone = name[bracket...].dropFirst().dropLast()
            if ["utc", "gmt"].contains(zone) { return index }
            throw ImportProblem("line \(number): the times are in \(zone.uppercased()); they must be in UTC")
        }
        return try required("the time (Date, Datetime, Timestamp or time)", Self.times)
    }

    /// `Volume BTC`, `Volume (shares)`, `BTC volume`; of several the one in what is bought, not in money.
    private func chooseVolume(in layout: inout CSVLayout, symbol: String?) {
        let without = ["quote", "taker", "tick", "avg", "average", "change", "weighted"]
        let found = names.indices.filter { index in
            let words = names[index].split { !$0.isLetter && !$0.isNumber }
            return words.contains { $0 == "volume" || $0 == "vol" || $0 == "qty" }
                && !words.contains { without.contains(String($0)) }
        }
        guard found.count > 1 else {
            layout.volume = found.first
            return
        }
        let money = ["usd", "usdt", "usdc", "busd", "eur", "gbp", "jpy", "money", "turnover"]
        let chosen =
            found.first { index in !money.contains { names[index].split(separator: " ").contains(Substring($0)) } }
            ?? found[0]
        layout.volume = chosen
        layout.remark = "the volume is that of the column \"\(names[chosen])\""
    }

    /// `<OPEN>`, `Open_Time`, ` open time` and `1. open` are the same to us as `open` or `open time`.
    static func name(_ field: ArraySlice<UInt8>) -> String {
        var text = String(decoding: field, as: UTF8.self).lowercased().replacing("_", with: " ")
        text.removeAll { $0 == "<" || $0 == ">" || $0 == "\"" }
        let digits = text.prefix { $0.isASCII && $0.isNumber }
        if !digits.isEmpty, text.dropFirst(digits.count).hasPrefix(". ") { text.removeFirst(digits.count + 1) }
        return text[...].trimmed
    }
}

extension Substring {
    /// Without the spaces around it.
    fileprivate var trimmed: String { String(drop { $0 == " " }.reversed().drop { $0 == " " }.reversed()) }
}
