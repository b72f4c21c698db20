/// Why a file was not imported. Nothing has been written then.
package struct ImportProblem: Error, Equatable, Sendable, CustomStringConvertible {
    /// One entry per finding, each with its line number where it has one; at most `maximumFindings`.
    package let findings: [String]
    /// How many there were in all.
    package let count: Int

    /// Whether the fault lies where the data set should go, and not in the file.
    package let isOfDataRoot: Bool

    package static let maximumFindings = 20

    init(_ finding: String, isOfDataRoot: Bool = false) {
        findings = [finding]
        count = 1
        self.isOfDataRoot = isOfDataRoot
    }

    init(findings: [String], count: Int) {
        self.findings = findings
        self.count = count
        isOfDataRoot = false
    }

    package var description: String {
        let more = count > findings.count ? ["and \(count - findings.count) more"] : []
        return (findings + more).joined(separator: "\n")
    }
}
