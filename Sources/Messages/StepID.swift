/// What the request of a sweep's step is called: `<sweep>:<digest>:<step>`.
package struct StepID: Equatable, Sendable {
    package let sweep: String
    /// Follows from the sweep and the version of its data: a corrected sweep under the same name has another.
    package let digest: String
    package let step: Int

    package static let digestLength = 16

    package init(sweep: String, digest: String, step: Int) {
        self.sweep = sweep
        self.digest = digest
        self.step = step
    }

    /// - Returns: nil where the text is no step's id. A sweep's name may have colons in it.
    package init?(_ text: String) {
        let parts = text.split(separator: ":", omittingEmptySubsequences: false)
        guard parts.count >= 3, let number = parts.last, let step = Int(number), step >= 0, String(step) == number
        else { return nil }
        let digest = parts[parts.count - 2]
        guard digest.utf8.count == Self.digestLength, digest.utf8.allSatisfy(Self.isHexadecimal) else { return nil }
        self.init(sweep: parts.dropLast(2).joined(separator: ":"), digest: String(digest), step: step)
    }

    private static func isHexadecimal(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "a")...UInt8(ascii: "f"): true
        default: false
        }
    }

    /// The walk-forward and the window that the sweep's name says it is of, `<walk-forward>.w<window>`; nil where it says neither.
    /// Whether it is one the step's request says.
    package var window: (walkForward: String, number: Int)? { Self.window(ofSweep: sweep) }

    package static func window(ofSweep id: String) -> (walkForward: String, number: Int)? {
        guard let dot = id.lastIndex(of: "."), id[dot...].hasPrefix(".w"), dot > id.startIndex else { return nil }
        let digits = id[dot...].dropFirst(2)
        guard let number = Int(digits), String(number) == digits, number > 0 else { return nil }
        return (String(id[..<dot]), number)
    }

    package var text: String { "\(sweep):\(digest):\(step)" }
}
