package import Messages

/// What the sweep of a window says of the window, in its member `walk_forward_window`: nodes pass it over, whoever puts the
/// walk-forward together reads it back from a step's request.
package struct WalkForwardPart: Sendable {
    static let member = "walk_forward_window"

    package let sweep: Sweep
    /// From 1.
    package let number: Int
    /// How many windows the walk-forward has.
    package let count: Int
    /// Of the walk-forward and the version of its data.
    package let digest: String
    /// The first and the last bar of the out-of-sample part, as text.
    let start: String
    let end: String
    let warmUpBars: Int

    /// - Parameters:
    ///   - definition: the sweep of a window, its data with a version.
    ///   - external: the strategies that are not built in and that this machine knows.
    /// - Throws: what is wrong with it.
    package init(_ definition: JSONValue, external: [StrategyDescriptor] = []) throws(RequestProblem) {
        sweep = try Sweep.parse(Array(definition.text.utf8), external: external)
        // Which set a number means is said by the steps alone then.
        try WalkForward.check(sweep)
        let section = try SectionReader(
            Self.member, definition[Self.member] ?? .null,
            known: ["digest", "number", "of", "start", "end", "warmup_bars"])
        let numbers = 1...WalkForwardSettings.mostWindows
        guard let number = try section.integer("number", in: numbers),
            let count = try section.integer("of", in: numbers),
            number <= count, let digest = section["digest"]?.string, let start = section["start"]?.string,
            let end = section["end"]?.string,
            let warmUpBars = try section.integer("warmup_bars", in: 0...DataSelection.mostWarmUpBars)
        else {
            throw RequestProblem(
                .invalidRequest,
                "\(Self.member) must be as optimizer submit makes it, with digest, number, of, start, end and warmup_bars"
            )
        }
        (self.number, self.count, self.warmUpBars) = (number, count, warmUpBars)
        (self.digest, self.start, self.end) = (digest, start, end)
    }

    /// The sweep of a window: the document's, over the bars in sample.
    static func definition(
        of window: WalkForwardWindow, _ number: Int, _ count: Int, _ walkForward: WalkForward, _ times: [Int64],
        _ id: String, _ digest: String
    ) -> JSONValue {
        func time(_ bar: Int) -> JSONValue { .string(Timestamp(milliseconds: times[bar]).rfc3339) }
        func ends(_ bars: Range<Int>) -> [JSONMember] {
            [JSONMember("start", time(bars.lowerBound)), JSONMember("end", time(bars.upperBound - 1))]
        }
        let warmUp =
            walkForward.settings.warmUpBars
            ?? min(window.outOfSample.lowerBound - window.inSample.lowerBound, DataSelection.mostWarmUpBars)
        let part = JSONValue.object(
            [
                JSONMember("digest", .string(digest)), JSONMember("number", .integer(number)),
                JSONMember("of", .integer(count)),
            ] + ends(window.outOfSample) + [
                JSONMember("warmup_bars", .integer(warmUp))
            ])
        let given = walkForward.sweep.definition.members ?? []
        let data = (walkForward.sweep.definition["data"]?.members ?? []).filter { !["start", "end"].contains($0.name) }
        let members = given.filter { !["optimization_id", "data", member].contains($0.name) }
        return .object(
            members + [
                JSONMember("optimization_id", .string(id)),
                JSONMember("data", .object(data + ends(window.inSample))), JSONMember(member, part),
            ])
    }

    /// How many windows the sweep of one says there are; nil where it says none, or what cannot be.
    package static func windowCount(of definition: JSONValue) -> Int? {
        definition[member]?["of"]?.integer.flatMap { (1...WalkForwardSettings.mostWindows).contains($0) ? $0 : nil }
    }

    /// A single run of one set over the out-of-sample part, behind its warm-up.
    package func request(ofSet index: Int) -> [UInt8] {
        request(sweep.strategy.descriptor.name, sweep.parameters(of: index), from: start, through: end, warmUpBars)
    }

    /// Buying at the first bar out of sample and holding to the last.
    ///
    /// - Parameter last: of the windows whose first is this one.
    package func holding(through last: WalkForwardPart) -> [UInt8] {
        request("buy_and_hold", nil, from: start, through: last.end, nil)
    }

    private func request(
        _ strategy: String, _ parameters: Parameters?, from start: String, through end: String, _ warmUpBars: Int?
    ) -> [UInt8] {
        var json = JSONWriter(capacity: 2048)
        json.beginObject()
        json.member("schema_version", StrategyRequest.schemaVersion)
        json.member("request_id", "\(sweep.givenID ?? "window"):out")
        json.name("strategy")
        json.beginObject()
        json.member("name", strategy)
        if let parameters { json.parameters(parameters) }
        json.endObject()
        for name in ["account", "statistics"] {
            if let value = sweep.definition[name] { json.member(name, value) }
        }
        let replaced = ["start", "end", "warmup_bars"]
        let data = (sweep.definition["data"]?.members ?? []).filter { !replaced.contains($0.name) }
        let range = [JSONMember("start", .string(start)), JSONMember("end", .string(end))]
        let warmUp = warmUpBars.map { [JSONMember("warmup_bars", .integer($0))] } ?? []
        json.member("data", .object(data + range + warmUp))
        json.endObject()
        return json.bytes
    }
}
