import Messages

/// The `data` section of a request: which bars to run on.
struct DataSelection {
    enum Source {
        case stored(DataSetName, version: String?)
        case inline(BarTable, timeframe: String)
    }

    let source: Source
    /// UTC milliseconds; both ends are included.
    let start: Int64?
    let end: Int64?
    /// How many bars before `start` indicators and strategies of one's own may see, where there are as many; nil where the
    /// section does not say it.
    let warmUpBars: Int?
    /// Whether the version is that of who decided: the section names none.
    let hasVersionUsed: Bool

    static let mostWarmUpBars = 1_000_000

    private static let members = ["dataset", "timeframe", "version", "start", "end", "warmup_bars", "inline"]

    /// - Parameters:
    ///   - used: the version that who decided has used, which holds where the section names none.
    ///   - path: what the section is called.
    /// - Throws: `invalid_request` or `invalid_data` with what is wrong; `invalid_positions` where the section names
    ///   another version than was used.
    init(_ value: JSONValue?, version used: String? = nil, path: String = "data") throws(RequestProblem) {
        guard let value else {
            throw RequestProblem(
                .invalidRequest,
                "\(path) is missing; it must be an object like {\"dataset\": \"synth_walk\", \"timeframe\": \"1d\"}, or hold "
                    + "the bars in \"inline\"")
        }
        let section = try SectionReader(path, value, known: Self.members)
        if let inline = section["inline"] {
            for name in ["dataset", "timeframe", "version"] where section[name] != nil {
                throw RequestProblem(
                    .invalidRequest, "\(path).\(name) does not go with \(path).inline; give one of them")
            }
            source = try InlineBars.read(inline, "\(path).inline")
        } else {
            source = try Self.stored(section, used)
        }
        hasVersionUsed = used != nil && section["version"] == nil
        start = try Self.time("start", in: section, isEnd: false)
        end = try Self.time("end", in: section, isEnd: true)
        warmUpBars = try section.integer("warmup_bars", in: 0...Self.mostWarmUpBars)
    }

    /// All bars of the data set that it names, or brings.
    ///
    /// - Throws: `unknown_dataset` or `invalid_data`.
    func data(under root: String) throws(RequestProblem) -> MarketData {
        switch source {
        case .stored(let name, let version): try DataSetStore(root: root).dataSet(name, version: version)
        case .inline(let table, _): MarketData(table)
        }
    }

    private static func stored(_ section: SectionReader, _ used: String?) throws(RequestProblem) -> Source {
        let expectation = "a data set's name: " + DataSetName.expectation
        guard let dataset = try section.text("dataset", expectation), DataSetName.isValid(dataset) else {
            throw section.wrong("dataset", expectation)
        }
        let timeframe = try section.text("timeframe", "a timeframe like \"1d\"") ?? "1d"
        guard let name = DataSetName(dataset: dataset, timeframe: timeframe) else {
            throw section.wrong("timeframe", "a timeframe like \"1d\": " + DataSetName.expectation)
        }
        let version = try section.text("version", "\"sha256:\" and 64 hexadecimal digits")
        if let version { _ = try DataSetFiles.digest(ofVersion: version) }
        if let version, let used, version != used {
            throw RequestProblem(
                .invalidPositions,
                "the strategy has decided on version \(used) of the data, the request asks for \(version)")
        }
        return .stored(name, version: version ?? used)
    }

    private static func time(
        _ name: String, in section: SectionReader, isEnd: Bool
    ) throws(RequestProblem) -> Int64? {
        guard let value = section[name] else { return nil }
        guard let text = value.string, let time = BarTime.parse(text) else {
            throw section.wrong(name, "a date like \"2010-01-04\" or a time like \"2010-01-04T09:30:00Z\"")
        }
        // A day as the end includes all of that day.
        return isEnd && time.isDay ? time.milliseconds + BarTime.millisecondsPerDay - 1 : time.milliseconds
    }
}

/// Bars that come with the request: columns of one length.
enum InlineBars {
    static let maximumCount = 5000

    /// - Parameter path: what the section is called.
    static func read(_ value: JSONValue, _ path: String) throws(RequestProblem) -> DataSelection.Source {
        let known = ["timeframe", "time", "open", "high", "low", "close", "volume"]
        let section = try SectionReader(path, value, known: known)
        let timeframe = try section.text("timeframe", "a timeframe like \"1d\"") ?? "1d"
        var table = BarTable()
        guard let times = section["time"]?.elements else {
            throw section.wrong("time", "a list of UTC milliseconds since 1970")
        }
        guard (1...maximumCount).contains(times.count) else {
            throw RequestProblem(
                .invalidData,
                "\(path) has \(times.count) bars, must have 1 to \(maximumCount); import larger data sets")
        }
        for (index, time) in times.enumerated() {
            guard let stamp = time.integer, BarTime.valid.contains(Int64(stamp)) else {
                throw RequestProblem(
                    .invalidData,
                    "\(path).time[\(index)] is \(time.text.prefix(60)), must be UTC milliseconds since 1970")
            }
            table.time.append(Int64(stamp))
        }
        table.open = try prices("open", section, times.count)
        table.high = try prices("high", section, times.count)
        table.low = try prices("low", section, times.count)
        table.close = try prices("close", section, times.count)
        table.volume =
            section["volume"] == nil
            ? [Double](repeating: 0, count: times.count) : try prices("volume", section, times.count)
        try check(table, path)
        if let problem = rhythmProblem(table.time, timeframe) {
            throw RequestProblem(.invalidData, "\(path)\(problem)")
        }
        return .inline(table, timeframe: timeframe)
    }

    /// What seconds taken for milliseconds, and hours taken for days, would make of every figure of a year.
    private static func rhythmProblem(_ times: [Int64], _ timeframe: String) -> String? {
        let better = TimeframeLabel.better(than: timeframe, for: times)
        // As milliseconds these are days of January to April 1970.
        let seconds: ClosedRange<Int64> = 100_000_000...9_999_999_999
        let isKnownToFit = better == nil && TimeframeLabel.medianInterval(of: times) != nil
        if times.allSatisfy(seconds.contains), !isKnownToFit || TimeframeLabel.milliseconds(timeframe) == nil {
            let first = times[0]
            return ".time looks like seconds since 1970; it must be milliseconds (\(first)000 for \(first))"
        }
        return better.map {
            ": the bars do not look like \(timeframe): most stand as far apart as bars of \($0); "
                + "give \"timeframe\": \"\($0)\""
        }
    }

    private static func prices(_ name: String, _ section: SectionReader, _ count: Int) throws(RequestProblem)
        -> [Double]
    {
        guard let values = section[name]?.elements else { throw section.wrong(name, "a list of numbers") }
        guard values.count == count else {
            throw RequestProblem(
                .invalidData,
                "\(section.path).\(name) has \(values.count) values and time has \(count); they must be as many")
        }
        var numbers: [Double] = []
        numbers.reserveCapacity(count)
        for (index, value) in values.enumerated() {
            guard let number = value.double else {
                throw RequestProblem(
                    .invalidData, "\(section.path).\(name)[\(index)] is \(value.text.prefix(60)), must be a number")
            }
            numbers.append(number)
        }
        return numbers
    }

    private static func check(_ table: BarTable, _ path: String) throws(RequestProblem) {
        for bar in 0..<table.count {
            if let problem = BarCheck.problem(
                previous: bar == 0 ? nil : table.time[bar - 1], time: table.time[bar], open: table.open[bar],
                high: table.high[bar], low: table.low[bar], close: table.close[bar], volume: table.volume[bar])
            {
                throw RequestProblem(.invalidData, "\(path): bar \(bar): \(problem)")
            }
        }
    }
}
