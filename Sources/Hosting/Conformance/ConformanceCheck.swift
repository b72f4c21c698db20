package import Messages
import Scheduling
import System

/// One thing a host must do, and what it did.
package struct ConformanceFinding: Sendable {
    /// A few words, the same for every host.
    package let name: String
    /// What is wrong and what would be right; nil where nothing is.
    package let fault: String?
    /// What was seen, where nothing is wrong.
    package let detail: String
    /// The end of what the host said besides of a request that failed: of a traceback.
    package let trace: [String]
    package let milliseconds: Double
}

/// Takes a command through the protocol of external strategies, its bad cases among them, as `ExternalStrategies.md`
/// has it. After a fault the next case begins with a new host, so that every fault is found.
package final class ConformanceCheck {
    /// What a host did wrong.
    struct Fault: Error {
        let message: String
        init(_ message: String) { self.message = message }
    }

    static let pingMs = 1000
    static let quietMs = 200
    static let endMs = 2000
    /// Kafka takes messages of so many bytes unless it is told otherwise.
    static let hugeBytes = 1_000_000

    let command: HostCommand
    let sample: SampleRequest
    /// A request and the id that its answer has to name.
    package struct Request {
        let id: String
        let bytes: [UInt8]

        package init(id: String, bytes: [UInt8]) {
            self.id = id
            self.bytes = bytes
        }
    }

    let own: Request?
    /// Of a host that trades what an answer has in place of statistics.
    let engineCommand: HostCommand
    /// It, once there was something to trade.
    var engine: Host?
    let answerMs: Int
    let readyMs: Int
    let spawner: HostSpawner
    var host: Host?
    /// Lines on standard error; they are no fault.
    package private(set) var errorLines: [String] = []
    package var logLines = 0
    /// How the requests have ended that were answered as they should be.
    package internal(set) var endings: [HostReply.Status] = []
    /// How the user's own has, where there is one.
    package internal(set) var ownEnding: HostReply.Status?
    var trace: [String] = []
    private var findings: [ConformanceFinding] = []

    /// - Parameters:
    ///   - engine: the command of a host that trades the positions and signals of answers, as a node's does.
    ///   - answerMs: how long a request may take.
    ///   - readyMs: how long it may take from the start to the ready line; in a node it is as long.
    ///   - own: a request of the user's, to be answered beside the samples.
    package init(
        _ command: HostCommand, engine: HostCommand, sample: SampleRequest, answerMs: Int, readyMs: Int = 10_000,
        own: Request? = nil, spawner: HostSpawner
    ) {
        self.command = command
        engineCommand = engine
        self.sample = sample
        self.answerMs = answerMs
        self.readyMs = readyMs
        self.own = own
        self.spawner = spawner
    }

    /// Runs every case.
    /// - Parameter report: called with each finding as it is made.
    package func run(_ report: (ConformanceFinding) -> Void = { _ in }) -> [ConformanceFinding] {
        findings = []
        for (name, body) in cases {
            let finding = perform(name, body)
            findings.append(finding)
            report(finding)
            // A command that does not start fails every other case the same way.
            if name == "ready", finding.fault != nil { break }
        }
        drop()
        _ = engine?.kill()
        return findings
    }

    private func perform(_ name: String, _ body: () throws(Fault) -> String) -> ConformanceFinding {
        let start = MonotonicTime.now()
        var fault: String?
        var detail = ""
        trace = []
        do throws(Fault) {
            detail = try body()
        } catch {
            fault = error.message
            drop()
        }
        if let host { collect(host) }
        return ConformanceFinding(
            name: name, fault: fault, detail: detail, trace: trace,
            milliseconds: MonotonicTime.now().milliseconds(since: start))
    }

    /// The host that is there, else a new one that has said that it is ready.
    func ready() throws(Fault) -> Host {
        if let host { return host }
        let new: Host
        do throws(HostFailure) {
            new = try spawner.spawn(command)
        } catch {
            throw Fault("the command cannot be started: \(error)")
        }
        new.interim = { [unowned self] line in
            guard HostLogLine(line) != nil else { return false }
            logLines += 1
            return true
        }
        host = new
        let line: [UInt8]
        do throws(HostFailure) {
            line = try new.awaitReady(until: .now().adding(milliseconds: readyMs))
        } catch {
            throw Fault(startFault(error))
        }
        guard (try? JSONValue.parse(line))?["ready"] != nil else {
            throw Fault(
                "the first line is \(line.quotedLine), must be {\"ready\":{}}; only the protocol goes to standard output"
            )
        }
        return new
    }

    private func startFault(_ failure: HostFailure) -> String {
        guard case .silent = failure.loss?.kind else { return "it was lost before its ready line: \(failure)" }
        return "no ready line within \(readyMs) ms; write {\"ready\":{}} first, and flush standard output"
    }

    func drop() {
        guard let host else { return }
        _ = host.kill()
        collect(host)
        self.host = nil
    }

    func collect(_ host: Host) { errorLines += host.drainDiagnostics() }
}
