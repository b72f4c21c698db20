package import Configuration
import Messages
import Scheduling
import System

/// What a node leaves behind of its runs: a small file that says that one is under way, and then how it ended. The next
/// run reads it. A node runs just as well without, so nothing here fails or waits for long: a disk that does not answer
/// is given up.
package final class RunRecord: Sendable {
    /// How the run before this one ended; nil where there was none or nothing is known of it.
    package let previous: NodeEnd?
    private let run: NodeRun
    private let file: LockedFile?

    private let endMs: Int
    /// So many nodes with the same name on one machine each have a file.
    private static let mostFiles = 64

    /// What came of looking for the file.
    private enum Opening: Sendable {
        case open(LockedFile, previous: NodeEnd?)
        case impossible(String)
    }

    /// Takes the node's file, reads what the last run left, and says there that this one is under way.
    ///
    /// - Parameters:
    ///   - environment: of this process: where state belongs is said there.
    ///   - patienceMs: how long a disk may take at the beginning.
    ///   - endMs: and how long at the end, which has a bound.
    package init(
        _ configuration: OptimizerConfiguration, environment: [String: String], log: Log, patienceMs: Int = 2000,
        endMs: Int = 1000
    ) {
        self.endMs = endMs
        let run = NodeRun(startedAt: .now())
        self.run = run
        let opening = Self.directory(configuration, environment).map { directory in
            BoundedCall.run("run-record", until: .now().adding(milliseconds: patienceMs)) {
                Self.open(directory + "/" + Self.name(configuration), run)
            } ?? .impossible("\(directory) does not answer")
        }
        let nowhere = "neither node.stateDirectory nor STATE_DIRECTORY, XDG_STATE_HOME or HOME is set"
        switch opening ?? .impossible(nowhere) {
        case .open(let file, let previous):
            (self.file, self.previous) = (file, previous)
        case .impossible(let cause):
            (file, previous) = (nil, nil)
            log.info("how this run ends will not be known to the next", JSONMember("cause", .string(cause)))
        }
        if let previous { Self.tell(previous, log) }
    }

    /// Writes down how this run ends. Called once it is known, before what may take time.
    package func note(_ end: NodeEnd) {
        guard let file else { return }
        var run = run
        run.end = end
        let content = run.encoded
        _ = BoundedCall.run("run-record", until: .now().adding(milliseconds: endMs)) {
            try? file.replace(with: content)
        }
    }

    private static func tell(_ end: NodeEnd, _ log: Log) {
        // A line has a time of its own.
        let details = (end.json.members ?? []).map { JSONMember($0.name == "time" ? "ended_at" : $0.name, $0.value) }
        log.line(end.reason == .stopped ? .info : .warning, "how the last run ended", details)
    }

    /// Where state of this node belongs, in the order of who says it: the configuration, systemd, the user's session.
    private static func directory(
        _ configuration: OptimizerConfiguration, _ environment: [String: String]
    ) -> String? {
        func value(_ name: String) -> String? { environment[name].flatMap { $0.isEmpty ? nil : $0 } }
        if let directory = configuration.node.stateDirectory { return directory }
        // Where a unit has several, systemd puts colons between them.
        if let all = value("STATE_DIRECTORY") { return all.split(separator: ":").first.map(String.init) }
        if let home = value("XDG_STATE_HOME") { return home + "/optimizer" }
        return value("HOME").map { $0 + "/.local/state/optimizer" }
    }

    /// The same at every start of a node: its own name where it was given one, else what tells it from others on its
    /// machine.
    private static func name(_ configuration: OptimizerConfiguration) -> String {
        let kafka = configuration.kafka
        let address = configuration.metrics.http.map { "\($0.host):\($0.port)" } ?? "no-http"
        let name = configuration.node.id ?? kafka.groupInstanceId ?? "\(kafka.groupId)@\(address)"
        let safe = name.unicodeScalars.map { scalar in
            let isSafe = scalar.isASCII && (scalar.properties.isAlphabetic || ("0"..."9").contains(scalar))
            return isSafe || "._-@:".unicodeScalars.contains(scalar) ? Character(scalar) : "_"
        }
        return "run-" + String(safe.prefix(200))
    }

    /// Nodes that share a name take the next file that is free, so that each finds one some run of theirs left.
    private static func open(_ path: String, _ run: NodeRun) -> Opening {
        do throws(SystemFailure) {
            for number in 1...mostFiles {
                let path = (number == 1 ? path : "\(path).\(number)") + ".json"
                guard let file = try LockedFile.take(path) else { continue }
                let previous = NodeRun(file.content)?.outcome
                try file.replace(with: run.encoded)
                return .open(file, previous: previous)
            }
            return .impossible("\(mostFiles) others have \(path).json and what follows it")
        } catch {
            return .impossible(error.description)
        }
    }
}
