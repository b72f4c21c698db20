import Configuration
import Glibc
import Messages
import Scheduling
import System
import Worker

/// A node in a process of its own, and the processor time it and its hosts have had.
struct MeasuredNode: Contender {
    /// Processor time so far, in nanoseconds.
    struct Times {
        var all: Double
        /// Of that, what the monitor and the HTTP server had.
        var observers: Double
    }

    private let process: BenchProcess

    /// - Parameters:
    ///   - settings: `KEY=VALUE`, beside those that every node of a run has.
    ///   - isScraped: a process of its own asks the node's HTTP server every second.
    ///   - file: a configuration, for the strategies in it; what else it says gives way.
    init(
        on kafka: BenchKafka.Address, slots: Int, settings: [String], isScraped: Bool = false,
        file: String? = nil
    ) throws {
        let common = kafka.settings + ["pool.maxConcurrentStrategies=\(slots)", "limits.memoryMB=64"]
        let flags = (isScraped ? ["--scraped"] : []) + (file.map { ["--config", $0] } ?? [])
        process = try BenchProcess(["node"] + flags + common + settings)
    }

    func stop() { process.stop() }

    func used() throws -> Double { try times().all }

    func times() throws -> Times {
        let answer = try process.order("{}")
        guard let all = answer["all"]?.double, let observers = answer["observers"]?.double else {
            throw BenchProcess.Failure(description: answer.text)
        }
        return Times(all: all, observers: observers)
    }

    // MARK: The node's process

    static func serve(_ words: [String]) -> Int32 {
        do {
            let configuration = try OptimizerConfiguration.load(
                file: word(after: "--config", in: words), environment: [:],
                settings: words.filter { $0.contains("=") })
            let node = try Node(
                NodeSettings(configuration), clients: KafkaClients(configuration.kafka),
                log: Log(LogQueue(), minimum: .warning))
            let thread = try NodeThread { node }
            defer {
                node.requestStop()
                _ = try? thread.result(until: nil)
            }
            let scraper = words.contains("--scraped") ? try Scraper(of: node) : nil
            defer { scraper?.stop() }
            return BenchProcess.serve(ready: .object([])) { _ in
                let hosts = node.hostPIDs.reduce(0) { $0 + ThreadTimes.scheduled("/proc/\($1)/schedstat") }
                return .object([
                    JSONMember("all", .number(ThreadTimes.ofThisProcess + hosts)),
                    JSONMember("observers", .number(ThreadTimes.nanoseconds(of: ["monitor", "MHD-single"]))),
                ])
            }
        } catch {
            StandardError.write("optimizer-bench node: \(error)")
            return ExitCode.failure
        }
    }
}
