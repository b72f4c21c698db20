import Glibc
import Kafka
import System
import TestSupport
import Testing

/// Nodes of one group, as processes: on an embedded broker of their own, or on the cluster `KAFKA_BOOTSTRAP_SERVERS`
/// names.
final class TopCluster {
    /// What tells a command where the topics are.
    let options: [String]
    /// Stands in the command line of every process that was told.
    let mark: String
    private(set) var nodes: [String: CommandRun] = [:]
    private var broker: CommandRun?
    private var created: [String] = []

    private static let realBootstrap = getenv("KAFKA_BOOTSTRAP_SERVERS").map { String(cString: $0) }

    init(nodes names: [String]) throws {
        if let real = Self.realBootstrap {
            mark = "optimizer-test-\(getpid())-\(UInt32.random(in: 0...UInt32.max))"
            let keys = ["requests", "results", "metrics", "deadLetters"]
            created = keys.map { [mark] in "\(mark).\($0)" }
            options =
                ["-b", real, "--set", "kafka.groupId=\(mark)"]
                + zip(keys, created).flatMap { ["--set", "kafka.topics.\($0)=\($1)"] }
            try run(["topics", "create", "--partitions", "6", "--replication-factor", "1"])
        } else {
            let file = try TemporaryDirectory(prefix: "optimizer-top")
            let path = file.path + "/broker"
            let broker = try CommandRun(["broker", "--bootstrap-file", path])
            self.broker = broker
            try #require(eventually { !FileContent.read(path).isEmpty || broker.hasEnded })
            try #require(!broker.hasEnded, "\(broker.output)")
            mark = String(decoding: FileContent.read(path).filter { $0 > 0x20 }, as: UTF8.self)
            options = ["-b", mark]
        }
        for name in names {
            nodes[name] = try CommandRun(
                [
                    "run", "--set", "node.id=\(name)", "--set", "metrics.intervalMs=300", "--set", "metrics.http=null",
                    "--set", "pool.maxConcurrentStrategies=1", "--set", "limits.memoryMB=64",
                    "--set", "limits.timeoutMs=\(Patience.milliseconds)",
                    "--set", "logging.level=error",
                ] + options)
        }
    }

    func submit(_ requests: [String]) throws {
        let directory = try TemporaryDirectory(prefix: "optimizer-top")
        let path = directory.path + "/requests.jsonl"
        let file = open(path, O_WRONLY | O_CREAT, 0o600)
        try #require(file >= 0)
        let text = Array((requests.joined(separator: "\n") + "\n").utf8)
        #expect(write(file, text, text.count) == text.count)
        close(file)
        try run(["submit", path])
    }

    private func run(_ words: [String]) throws {
        let run = try CommandRun(words + options)
        #expect(try run.end() == .exited(code: 0), "\(run.output)")
    }

    func end() throws {
        for node in nodes.values { node.signal(SIGTERM) }
        for node in nodes.values { _ = try node.end() }
        broker?.signal(SIGTERM)
        if let broker { #expect(try broker.end() == .exited(code: 0)) }
        guard let real = Self.realBootstrap else { return }
        let admin = try AdminClient(.admin(bootstrap: real))
        defer { admin.close() }
        #expect(try admin.delete(created).allSatisfy { $0.failure == nil })
    }
}
