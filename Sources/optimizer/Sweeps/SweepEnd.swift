import Messages
import Strategies
import Worker

/// What `optimizer results --sweep` says in the end: what was counted, what is missing, and what would help.
struct SweepEnd {
    private let merge: SweepMerge
    private let summary: SweepSummary
    private static let shownFailures = 20

    init(_ merge: SweepMerge, _ summary: SweepSummary) {
        self.merge = merge
        self.summary = summary
    }

    /// - Returns: the exit code.
    func report(isInterrupted: Bool) -> Int32 {
        for line in lines { Output.words(line.escapedForTerminal) }
        if isInterrupted { return Interruption.exitCode }
        return merge.isComplete ? ExitCode.success : ExitCode.failure
    }

    var lines: [String] {
        guard merge.digest != nil else { return ["no step of the sweep \(merge.id) has a result"] }
        var lines = failures
        if merge.supersededCount > 0 {
            lines.append(
                "other sweeps were submitted as \(merge.id) before; their results are left out, this is the newest "
                    + "(digest \(merge.digest ?? ""))")
        }
        lines.append(steps)
        if merge.completedCount > 0 {
            lines.append(summary.counts)
            lines += [
                summary.datasets, summary.firstFailure, summary.droppedOrders, summary.plateau, summary.whyNoneIsRanked,
                summary.whyNoneIsOutOfSample,
            ].compactMap { $0 }
            lines += summary.luck
        }
        return lines + remedies
    }

    private var failures: [String] {
        let failed = merge.failedSteps.sorted { $0.key < $1.key }
        let shown = failed.prefix(Self.shownFailures).map { step, failure in
            "step \(step) \(failure.status) (\(failure.code)): \(failure.message)"
        }
        let rest = failed.count - shown.count
        return shown + (rest > 0 ? ["and \(rest) more failed steps"] : [])
    }

    private var steps: String {
        let failed = merge.failedSteps.count
        guard let total = merge.stepCount else {
            return
                "no step of \(merge.id) is complete, \(failed) failed; how many it has is not known, for its requests "
                + "are gone"
        }
        var words = "\(merge.completedCount) of \(total) steps of \(merge.id) are complete"
        if failed > 0 { words += ", \(failed) failed" }
        let unanswered = total - merge.completedCount - failed
        if unanswered > 0 { words += ", \(unanswered) have no result yet" }
        return words
    }

    private var remedies: [String] {
        let failed = merge.failedSteps.values
        guard !failed.isEmpty else { return [] }
        let codes = Set(failed.filter { $0.status == "rejected" }.map(\.code)).sorted()
        let replay = "; or, of the rejected, optimizer dead-letters replay" + codes.map { " --code \($0)" }.joined()
        return [
            "once the cause is mended, optimizer submit SWEEP --resend-failed runs these steps again"
                + (codes.isEmpty ? "" : replay)
        ]
    }
}
