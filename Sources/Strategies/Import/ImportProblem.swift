/// Why a file was not imported. Nothing has been written then.
package struct ImportProblem: Error, Equatable, Sendable, CustomStringConvertible {
    /// One entry per finding, each with its line number where it has one; at most `maximumFindings`.
    package let findings: [String]
    /// How many there were in all.
    package let count: Int

    package static let maximumFindings = 20

    init(_ finding: String) {
        findings = [finding]
        count = 1
    }

    init(findings: [String], count: Int) {
        self.findings = findings
        self.count = count
    }

    package var description: String {
        let more = count > findings.count ? ["and \(count - findings.count) more"] : []
        return (findings + more).joined(separator: "\n")
    }
}
