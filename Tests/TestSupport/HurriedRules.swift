/// Alert rules whose time runs at another pace, for tests that make the real condition on a real node and cannot wait
/// ten minutes for it to have lasted.
package enum HurriedRules {
    /// Every minute becomes so many seconds: in windows, offsets and `for`, and in bounds written as minutes * 60.
    package static func text(_ rules: String, secondsPerMinute: Int) -> String {
        let minutes = ["m": 1, "h": 60, "d": 24 * 60]
        let windows = rules.replacing(/(\[|offset |for: )(\d+)([mhd])\b/) { match in
            let seconds = (Int(match.2) ?? 0) * (minutes[String(match.3)] ?? 0) * secondsPerMinute
            return "\(match.1)\(seconds)s"
        }
        return windows.replacing(/\b(\d+) \* 60\b/) { "\((Int($0.1) ?? 0) * secondsPerMinute)" }
    }
}
