extension StrategyResult {
    /// Members that grow with the bars.
    private static let series = ["equity_curve", "trades"]
    /// A result without them that is longer is so for something else.
    private static let longestWithout = 65_536

    /// A result that its topic does not take, without what grows with the bars: that is null, and named in `left_out`.
    ///
    /// - Returns: nil where nothing of it is there, or it would hardly be shorter.
    package static func withoutSeries(_ result: [UInt8]) -> [UInt8]? {
        guard var members = (try? JSONValue.parse(result))?.members else { return nil }
        var leftOut: [JSONValue] = []
        for place in members.indices where series.contains(members[place].name) && members[place].value != .null {
            leftOut.append(.string(members[place].name))
            members[place] = JSONMember(members[place].name, .null)
        }
        guard !leftOut.isEmpty else { return nil }
        // What the host has left out before is less than is left out now.
        members.removeAll { $0.name == "left_out" }
        members.append(JSONMember("left_out", .array(leftOut)))
        let text = Array(JSONValue.object(members).text.utf8)
        return text.count <= longestWithout ? text : nil
    }
}
