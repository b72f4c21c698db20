package import Messages

/// A walk-forward: a sweep that is made anew in every window of the bars, each time on those before the ones that its best
/// set is then tried on.
package struct WalkForward: Sendable {
    /// The sweep of every window, over all the bars.
    package let sweep: Sweep
    let settings: WalkForwardSettings
    /// What makes it another one: the sweep's members and `walk_forward`, in an order that does not depend on the document.
    let definition: JSONValue

    /// Room for `.w200`.
    private static let longestID = 120

    /// Whether a document is of a walk-forward and not of a plain sweep.
    package static func isDefined(in document: JSONValue) -> Bool { document["walk_forward"] != nil }

    /// Reads a document: a sweep's members and `walk_forward`.
    ///
    /// - Parameter external: the strategies that are not built in and that this machine knows.
    /// - Throws: what is wrong, where, and what would be right.
    package static func parse(
        _ document: JSONValue, external: [StrategyDescriptor] = []
    ) throws(RequestProblem) -> WalkForward {
        let members = document.members ?? []
        let given = members.filter { $0.name == "walk_forward" }
        guard given.count == 1 else {
            throw RequestProblem(.invalidRequest, "walk_forward is given \(given.count) times; give it once")
        }
        let settings = try WalkForwardSettings(given[0].value)
        let other = members.first { ["out_of_sample", WalkForwardPart.member].contains($0.name) && $0.value != .null }
        if let name = other?.name {
            throw RequestProblem(
                .invalidRequest,
                "\(name) does not go with walk_forward, which says by itself what is out of sample; leave it out")
        }
        let rest = JSONValue.object(members.filter { $0.name != "walk_forward" })
        let sweep = try Sweep.parse(Array(rest.text.utf8), external: external)
        try check(sweep)
        if let id = sweep.givenID, id.utf8.count > longestID {
            throw RequestProblem(
                .invalidRequest,
                "optimization_id has \(id.utf8.count) bytes, must have at most \(longestID) in a walk-forward, whose windows "
                    + "are called ID.w1, ID.w2, …")
        }
        let parts = WalkForwardSettings.members.compactMap { name in
            given[0].value.members?.first { $0.name == name }
        }
        return WalkForward(
            sweep: sweep, settings: settings,
            definition: .object(
                (sweep.definition.members ?? []) + [JSONMember("walk_forward", .object(parts))]))
    }

    /// - Throws: that sets follow from the results of others, or that it has no bars of its own to be cut.
    static func check(_ sweep: Sweep) throws(RequestProblem) {
        guard !sweep.data.isList else {
            throw RequestProblem(
                .invalidRequest,
                "data is a list, must be an object in a walk-forward, whose windows are cut from the bars of one data set; "
                    + "make a walk-forward of each data set")
        }
        let search = sweep.search
        guard search.perRound != nil else { return }
        let others = Search.Method.allCases.filter { $0 != search.method }.map { "\"\($0.rawValue)\"" }
        throw RequestProblem(
            .invalidRequest,
            "search.method is \"\(search.method.rawValue)\", must be one of \(others.joined(separator: ", ")) in a "
                + "walk-forward: all its windows' steps are sent at once, and rounds wait for each other's results")
    }
}

/// A walk-forward over one version of a data set: a sweep for each window.
package struct WalkForwardPlan: Sendable {
    /// Some bars of the data set, as people say them.
    package struct Span: Equatable, Sendable {
        package let start: String
        package let end: String
        package let bars: Int
    }

    package struct Window: Sendable {
        /// From 1.
        package let number: Int
        package let inSample: Span
        package let outOfSample: Span
        /// Its sweep, over the bars in sample.
        package var sweep: SweepPlan
    }

    /// What it is called: the submitter's name, else one that follows from what it is and from its data.
    package let id: String
    /// The version that every window runs on; nil for inline bars.
    package let version: String?
    package var windows: [Window]
    /// How many bars at the end of the data are in no window.
    package let unused: Int

    /// What the sweep of a window is called.
    package static func sweepID(of id: String, window: Int) -> String { "\(id).w\(window)" }

    /// The walk-forward and the window that a sweep's id says it is of; nil where it says neither.
    package static func window(ofSweep id: String) -> (walkForward: String, number: Int)? {
        StepID.window(ofSweep: id).flatMap { $0.number <= WalkForwardSettings.mostWindows ? $0 : nil }
    }

    /// Pins the data set's version, the newest where the document names none, and cuts the bars into windows.
    ///
    /// - Throws: `unknown_dataset` where the data is not under this root, `insufficient_data` where it has too few bars,
    ///   `invalid_request` where the windows have too many sets together.
    package init(
        _ walkForward: WalkForward, external: [StrategyDescriptor] = [], dataRoot: String
    ) throws(RequestProblem) {
        let sweep = walkForward.sweep
        let selection = try DataSelection(sweep.definition["data"])
        let data = try selection.data(under: dataRoot)
        let range = data.range(from: selection.start, through: selection.end)
        let times = data.withBars(range) { bars in unsafe Array(bars.time) }
        let windows = try walkForward.settings.windows(times)
        guard windows.count * sweep.setCount <= Sweep.maximumSets else {
            throw RequestProblem(
                .invalidRequest,
                "the walk-forward has \(windows.count) windows of \(sweep.setCount) sets, must have at most "
                    + "\(Sweep.maximumSets) sets together; take larger steps, draw fewer sets (search.max_evaluations), or take "
                    + "a longer out_of_sample")
        }
        version = data.version
        unused = times.count - (windows.last?.outOfSample.upperBound ?? 0)
        // Another version of a program decides otherwise.
        let program = sweep.externalStrategy.map { [JSONMember("strategy_version", .integer($0.version))] } ?? []
        let digest = Sweep.digest(
            of: .object(
                (walkForward.definition.members ?? []) + [JSONMember("version", .string(data.version ?? ""))] + program)
        )
        id = sweep.givenID ?? "walk-forward-" + digest
        self.windows = []
        for (index, window) in windows.enumerated() {
            let part = WalkForwardPart.definition(
                of: window, index + 1, windows.count, walkForward, times, Self.sweepID(of: id, window: index + 1),
                digest)
            let sweep = try Sweep.parse(Array(part.text.utf8), external: external)
            self.windows.append(
                Window(
                    number: index + 1, inSample: Self.span(window.inSample, times),
                    outOfSample: Self.span(window.outOfSample, times),
                    sweep: SweepPlan(
                        sweep, version: data.version, bars: window.inSample.count,
                        warmUpBars: min(selection.warmUpBars ?? 0, range.lowerBound + window.inSample.lowerBound))))
        }
    }

    private static func span(_ bars: Range<Int>, _ times: [Int64]) -> Span {
        Span(
            start: BarTime.text(times[bars.lowerBound]), end: BarTime.text(times[bars.upperBound - 1]), bars: bars.count
        )
    }

    package var stepCount: Int { windows.reduce(0) { $0 + $1.sweep.stepCount } }
}
