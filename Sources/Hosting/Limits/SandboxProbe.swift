import Glibc
import Scheduling
import System

/// Tries out, in a process of its own, which means of the sandbox are to be had here.
struct SandboxProbe {
    let launcher: String
    let settings: IsolationSettings

    /// - Returns: the means that are to be had, and a sentence for each that was asked for and is not.
    func run() -> (plan: SandboxPlan, shortcomings: [String]) {
        var plan = SandboxPlan(settings.sandbox, isRoot: geteuid() == 0)
        guard !plan.means.isEmpty else { return (plan, ["sandbox: isolation.sandbox is off"]) }
        var shortcomings: [String] = []
        if settings.sandbox == .strict, geteuid() != 0 {
            shortcomings.append("sandbox: no user of its own for each host: the node is not root")
        }
        guard let answer = ask(plan) else {
            plan.means = []
            return (plan, shortcomings + ["sandbox: \(launcher) does not say what the kernel offers"])
        }
        for word in answer.split(separator: "\t").dropFirst() {
            let parts = word.split(separator: "=", maxSplits: 1).map(String.init)
            guard parts.count == 2 else { continue }
            if parts[0] == "unreadable", plan.means.contains(.user) {
                plan.means.remove(.user)
                shortcomings.append(
                    "sandbox: no user of its own for each host: \(parts[1]) is not readable for other users")
            } else if let means = SandboxPlan.Means(rawValue: parts[0]), plan.means.remove(means) != nil {
                shortcomings.append("sandbox: no \(means.purpose): \(parts[1])")
            }
        }
        return (plan, shortcomings)
    }

    private func ask(_ plan: SandboxPlan) -> String? {
        var confinement = Confinement(settings, plan, cgroup: nil)
        if plan.means.contains(.user) { confinement.user = SandboxPlan.firstUser }
        confinement.scratch = ScratchDirectory.make(for: confinement.user)
        defer { if let scratch = confinement.scratch { ScratchDirectory.remove(scratch) } }
        confinement.isProbe = true
        do throws(HostFailure) {
            let command = HostCommand(executable: launcher, framing: .lines)
            let process = try ProcessTable.shared.add { () throws(HostFailure) in
                try SpawnedProcess.start(command, launcher: launcher, confinement: confinement)
            }
            let host = Host(process, framing: .lines)
            defer { host.kill() }
            return String(decoding: try host.awaitReady(until: .now().adding(milliseconds: 5000)), as: UTF8.self)
        } catch {
            return nil
        }
    }
}
