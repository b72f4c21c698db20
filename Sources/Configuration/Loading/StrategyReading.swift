import Messages

/// Reads `strategies:`. Each strategy is read to its end whatever is wrong with it, so that all of it comes at once.
extension ConfigurationLoader {
    private static let members = [
        "command", "workingDirectory", "environment", "summary", "version", "parameters", "limits", "retry",
        "hosts", "startTimeoutMs", "maxSteps",
    ]

    mutating func takeStrategies(_ node: YAMLNode, _ path: String, _ origin: ConfigurationOrigin) {
        guard let section = section(node, path, origin, known: nil) else { return }
        for member in section.members {
            do throws(ValueProblem) {
                _ = try ValueFormat.strategyName.parse(member.name)
            } catch {
                report(
                    "\(path): \"\(shortened(member.name))\" \(error.reason); it takes \(ValueFormat.strategyName.expects)",
                    at: Place(origin, member.mark))
                continue
            }
            takeStrategy(member, section.path(of: member.name), origin)
        }
    }

    private mutating func takeStrategy(_ member: YAMLMember, _ path: String, _ origin: ConfigurationOrigin) {
        let place = Place(origin, member.mark)
        note(place, of: path)
        guard !member.value.isNull else {
            return report("\(path) has no command; it needs one, such as [python3, my_strategy.py]", at: place)
        }
        guard let section = section(member.value, path, origin, known: Self.members) else { return }
        let descriptor = StrategyDescriptor(
            name: member.name, version: value("version", of: section, .integer(1...1_000_000)) ?? 1,
            summary: value("summary", of: section, .words) ?? "", parameters: parameters(of: section))
        let command = command(of: section, at: place)
        let environment = environment(of: section)
        addStrategy(
            ExternalStrategy(
                descriptor: descriptor, command: command,
                workingDirectory: value("workingDirectory", of: section, .directory), environment: environment,
                limits: limits(of: section), retry: retry(of: section),
                hosts: value("hosts", of: section, .integer(1...1024), unit: "host processes"),
                startTimeoutMs: value("startTimeoutMs", of: section, .integer(1...3_600_000), unit: "ms")
                    ?? ExternalStrategy.defaultStartTimeoutMs,
                maxSteps: value("maxSteps", of: section, .integer(1...1_000_000_000), unit: "steps")))
    }

    private mutating func command(of section: FileSection, at place: Place) -> [String] {
        let isGiven = section["command"].map { !$0.isNull } ?? false
        guard isGiven else {
            report("\(section.path) has no command; it needs one, such as [python3, my_strategy.py]", at: place)
            return []
        }
        guard let command = list("command", of: section, .argument) else { return [] }
        if command.first ?? "" == "" {
            report(
                "\(section.path(of: "command")) names no program; it takes a list such as [python3, my_strategy.py]",
                at: Place(section.origin, section["command"]?.mark ?? section.mark))
        }
        return command
    }

    private mutating func environment(of section: FileSection) -> [String: ProtectedText] {
        guard let node = section["environment"],
            let map = self.section(node, section.path(of: "environment"), section.origin, known: nil)
        else { return [:] }
        var environment: [String: ProtectedText] = [:]
        for member in map.members {
            let path = map.path(of: member.name)
            let place = Place(map.origin, member.value.mark)
            guard isVariableName(member.name) else {
                report(
                    "\(path): \"\(shortened(member.name))\" is no name of an environment variable",
                    at: Place(map.origin, member.mark))
                continue
            }
            guard !ExternalStrategy.reservedVariables.contains(member.name) else {
                report("\(path) cannot be set: the node sets it for every host", at: Place(map.origin, member.mark))
                continue
            }
            guard case .scalar(let text, _) = member.value.content, !member.value.isNull else {
                report("\(path) is \(member.value.kind); it takes a text", at: place)
                continue
            }
            do throws(ValueProblem) {
                let value = try resolve(text, at: place).text
                guard !value.utf8.contains(0) else { throw ValueProblem(reason: "holds a zero byte") }
                environment[member.name] = ProtectedText(value, isSecret: true)
            } catch {
                report("\(path) \(error.reason)", at: place)
            }
        }
        return environment
    }

    private mutating func limits(of section: FileSection) -> ExternalStrategy.Limits {
        guard let node = section["limits"],
            let map = self.section(
                node, section.path(of: "limits"), section.origin, known: ["cpuPercent", "memoryMB", "timeoutMs"])
        else { return ExternalStrategy.Limits() }
        return ExternalStrategy.Limits(
            cpuPercent: value("cpuPercent", of: map, .integer(1...6400), unit: "percent of one core"),
            memoryMB: value("memoryMB", of: map, .integer(16...1_048_576), unit: "MB"),
            timeoutMs: value("timeoutMs", of: map, .integer(1...86_400_000), unit: "ms"))
    }

    private mutating func retry(of section: FileSection) -> ExternalStrategy.Retry {
        guard let node = section["retry"],
            let map = self.section(
                node, section.path(of: "retry"), section.origin,
                known: ["failed", "crashed", "timedOut", "resourceExceeded"])
        else { return ExternalStrategy.Retry() }
        return ExternalStrategy.Retry(
            failed: value("failed", of: map, .integer(1...100), unit: "runs"),
            crashed: value("crashed", of: map, .integer(1...100), unit: "runs"),
            timedOut: value("timedOut", of: map, .integer(1...100), unit: "runs"),
            resourceExceeded: value("resourceExceeded", of: map, .integer(1...100), unit: "runs"))
    }

    /// What its limits must be to the node's: problems at the place of the strategy's.
    func strategyLimitProblems(except wrong: Set<String>) -> [ConfigurationProblem] {
        let node = configuration.limits
        return configuration.strategies.flatMap { strategy in
            [
                ("cpuPercent", strategy.limits.cpuPercent, node.cpuPercent),
                ("memoryMB", strategy.limits.memoryMB, node.memoryMB),
                ("timeoutMs", strategy.limits.timeoutMs, node.timeoutMs),
            ].compactMap { name, own, ceiling -> ConfigurationProblem? in
                guard let own, own > ceiling, !wrong.contains("limits.\(name)") else { return nil }
                return configuration.problem(
                    at: "strategies.\(strategy.name).limits.\(name)",
                    "\(own) is above limits.\(name), which is \(ceiling) for every step of this node")
            }
        }
    }
}

extension ExternalStrategy {
    /// What the node tells every host by its environment.
    package static let dataRootVariable = "OPTIMIZER_DATA_ROOT"
    package static let nameVariable = "OPTIMIZER_STRATEGY"

    static let reservedVariables = [dataRootVariable, nameVariable]
}

private func isVariableName(_ name: String) -> Bool {
    guard let first = name.utf8.first, !(0x30...0x39).contains(first) else { return false }
    return name.utf8.allSatisfy {
        $0 == UInt8(ascii: "_") || (0x30...0x39).contains($0) || (0x41...0x5A).contains($0 & 0xDF)
    }
}
