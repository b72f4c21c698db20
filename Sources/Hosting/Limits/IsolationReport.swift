/// By what each limit is enforced on this machine, and what could not be had.
package struct IsolationReport: Sendable, Equatable {
    package enum Mechanism: String, Sendable, CaseIterable {
        case cgroup, rlimit, monitor, none
    }

    /// One limited resource, in the words of `optimizer_enforcement` and `/status`.
    package struct Entry: Sendable, Equatable {
        package let resource: String
        package let mechanism: Mechanism
    }

    package let entries: [Entry]
    /// What was asked for and is not in force, one sentence each, with the reason.
    package let shortcomings: [String]

    init(
        _ settings: IsolationSettings, controllers: CgroupHome.Controllers?, shortcoming: String, plan: SandboxPlan,
        sandboxShortcomings: [String]
    ) {
        func mechanism(_ controller: CgroupHome.Controllers) -> Mechanism {
            controllers?.contains(controller) == true ? .cgroup : .monitor
        }
        var processes = mechanism(.pids)
        if processes == .monitor, plan.means.contains(.user) { processes = .rlimit }
        entries = [
            Entry(resource: "cpu", mechanism: mechanism(.cpu)),
            Entry(resource: "memory", mechanism: mechanism(.memory)),
            Entry(resource: "processes", mechanism: processes),
            Entry(resource: "output", mechanism: .rlimit),
            Entry(resource: "time", mechanism: .monitor),
        ]
        var shortcomings = sandboxShortcomings
        if settings.enforcement == .auto, controllers != .all { shortcomings.append("cgroup: \(shortcoming)") }
        self.shortcomings = shortcomings
    }
}
