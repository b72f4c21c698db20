import Hosting
import Messages
import Scheduling
import System

/// A part of a run in a process of its own, so that its processor time is not another part's: this program with another
/// word, which takes orders as a host takes requests.
final class BenchProcess {
    struct Failure: Error, CustomStringConvertible {
        let description: String
    }

    private let spawner: HostSpawner
    private let process: Host
    /// What it said when it was ready.
    let ready: JSONValue

    init(_ arguments: [String]) throws {
        guard let own = ExecutablePath.beside("optimizer-bench"), let launcher = ExecutablePath.beside("optimizer-host")
        else { throw Failure(description: "cannot find out where this program lies") }
        spawner = try HostSpawner(launcher: launcher)
        process = try spawner.spawn(HostCommand(executable: own, arguments: arguments))
        ready = try JSONValue.parse(try process.awaitReady(until: .now().adding(milliseconds: 30_000)))
    }

    func stop() {
        _ = process.end(graceMs: 10_000)
        spawner.stop()
    }

    /// Has it do something, and returns what it answers.
    func order(_ text: String, withinMs milliseconds: Int = 180_000) throws -> JSONValue {
        switch process.run(Array(text.utf8), deadline: .now().adding(milliseconds: milliseconds)) {
        case .answered(let reply):
            let json = try JSONValue.parse(reply)
            if let error = json["error"]?.string { throw Failure(description: error) }
            return json
        case .timedOut: throw Failure(description: "no answer within \(milliseconds / 1000) s to \(text)")
        case .lost(let loss): throw Failure(description: "a process of the run was lost: \(loss)")
        }
    }

    /// The other side: answers orders until the input ends.
    static func serve(ready: JSONValue, _ body: (JSONValue) throws -> JSONValue) -> Int32 {
        HostLoop.serve(ready: Array(ready.text.utf8)) { order in
            do {
                return Array(try body(try JSONValue.parse(order)).text.utf8)
            } catch {
                return Array(JSONValue.object([JSONMember("error", .string("\(error)"))]).text.utf8)
            }
        }
    }
}

/// The broker, the submitter and the results consumer of a closed loop.
struct FeederProcess {
    private let process: BenchProcess
    let kafka: BenchKafka.Address

    /// With fresh topics: nothing of an earlier run is left in their partitions.
    init() throws {
        process = try BenchProcess(["feed"] + (BenchKafka.real.map { [$0] } ?? []))
        kafka = try BenchKafka.Address(process.ready)
    }

    func stop() { process.stop() }

    /// Submits jobs and waits for their results.
    /// - Parameter strategy: what is to run.
    /// - Returns: seconds from the first result to the last.
    func feed(_ jobs: Int, strategy: String = "noop") throws -> Double {
        let answer = try process.order(#"{"jobs":\#(jobs),"strategy":"\#(strategy)"}"#)
        guard let seconds = answer["seconds"]?.double else { throw BenchProcess.Failure(description: answer.text) }
        return seconds
    }
}
