import Glibc
import Messages
import TestSupport

/// A Burrow with the project's example of a configuration, pointed at a test's broker.
final class BurrowProcess {
    static let path = CommandLineTool.find("Burrow")

    private let folder: TemporaryFolder
    private let zooKeeper: ZooKeeperStandIn
    private let child: pid_t
    private let port: UInt16

    init(_ kafka: TestKafka) throws {
        guard let path = Self.path else { throw Failure("no Burrow") }
        folder = try TemporaryFolder()
        zooKeeper = try ZooKeeperStandIn()
        port = try FreePort.find()
        var text = Files.text("deploy/burrow/burrow.toml")
        let brokers = kafka.bootstrap.split(separator: ",").map { "\"\($0)\"" }.joined(separator: ",")
        for (shipped, own) in [
            ("\"/run/burrow/burrow.pid\"", "\"\(folder.file("pid"))\""),
            ("\"/var/log/burrow/burrow.log\"", "\"\(folder.file("log"))\""),
            ("\"localhost:2181\"", "\"127.0.0.1:\(zooKeeper.port)\""), ("\"localhost:9092\"", brokers),
            ("\":8000\"", "\"127.0.0.1:\(port)\""), ("offset-refresh=10", "offset-refresh=1"),
        ] {
            guard text.contains(shipped) else { throw Failure("burrow.toml has no \(shipped)") }
            text = text.replacing(shipped, with: own)
        }
        try folder.write(Array(text.utf8), to: "burrow.toml")
        child = try CommandLineTool.spawn(
            path, ["--config-dir=\(folder.path)"], input: "/dev/null", output: folder.file("output"))
    }

    /// How Burrow says the group is; nil where it knows nothing of it, or does not answer yet.
    func status(of group: String) -> JSONValue? {
        let answer = try? HTTPClient.get("/v3/kafka/optimizer/consumer/\(group)/lag", port: port)
        return answer.flatMap { try? JSONValue.parse($0.body) }?["status"]
    }

    /// The ends of a topic's partitions as Burrow knows them.
    func offsets(of topic: String) -> [Int] {
        let answer = try? HTTPClient.get("/v3/kafka/optimizer/topic/\(topic)", port: port)
        let offsets = answer.flatMap { try? JSONValue.parse($0.body) }?["offsets"]?.elements ?? []
        return offsets.compactMap(\.integer)
    }

    /// The last of what it logged.
    var log: String { String(folder.text("log").suffix(2000)) }

    /// Ends it, and returns when it is gone.
    func stop() {
        kill(child, SIGKILL)
        var status: Int32 = 0
        while waitpid(child, &status, 0) < 0, errno == EINTR {}
        zooKeeper.stop()
    }
}
