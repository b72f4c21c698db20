import Glibc
import Messages
import TestSupport
import Testing

/// The pictures of the README: `OPTIMIZER_PICTURES=1` makes them anew, of two nodes with work and of a sweep.
@Suite(.machine(.nodes(2))) struct PictureTests {
    private static let folder = "deploy/pictures"
    private static let names = ["status-page.png", "group-page.png", "sweep-report.png"]
    private static let isMaking = getenv("OPTIMIZER_PICTURES").map { String(cString: $0) == "1" } ?? false

    /// Who clones the repository has them, too.
    private static let mostBytes = 150_000

    @Test(arguments: names) func theReadmeShowsAPictureThatIsThereAndSmall(_ name: String) throws {
        #expect(Files.text("README.md").contains("<img src=\"\(Self.folder)/\(name)\""))
        let picture = Files.read("\(Files.package)/\(Self.folder)/\(name)")
        #expect(picture.starts(with: [0x89, 0x50, 0x4E, 0x47]) && picture.count < Self.mostBytes, "\(picture.count)")
    }

    @Test(.enabled(if: isMaking && Browser.path != nil, "OPTIMIZER_PICTURES=1 makes them, with Chromium"))
    func theyAreMade() throws {
        let sweeps = try SweepBench()
        let bench = sweeps.bench
        defer { #expect(throws: Never.self) { try sweeps.close() } }
        let ports = [try FreePort.find(), try FreePort.find()]
        let nodes = try ports.enumerated().map { index, port in
            try bench.start(
                [
                    "node.id=worker-\(index + 1)", "metrics.http=127.0.0.1:\(port)", "data.root=\(sweeps.root)",
                    "pool.maxConcurrentStrategies=4", "limits.memoryMB=128", "metrics.intervalMs=1000",
                    "shutdown.drainMs=0", "limits.timeoutMs=5000", "kafka.consumer.session.timeout.ms=6000",
                    "disabledStrategies=burn",
                ].reduce(["run"]) { $0 + ["--set", $1] })
        }
        let top = try bench.start(["top", "--http", "127.0.0.1:\(try FreePort.find())"])
        try work(sweeps, at: ports[0])
        let group = try #require(top.words.firstMatch(of: /http:\S+/).map { String($0.0) })
        let look = Browser.Look(width: 1000, height: 720)
        try save(Browser.picture(of: "http://127.0.0.1:\(ports[0])/", look: look), "status-page.png")
        try save(Browser.picture(of: group, look: Browser.Look(width: 1000, height: 640)), "group-page.png")
        for node in nodes + [top] { node.signal(SIGTERM) }
        for node in nodes + [top] { #expect(try node.outcome().code == 0) }
    }

    /// A sweep, and requests in waves until the node's history has a minute and a half.
    private func work(_ sweeps: SweepBench, at port: UInt16) throws {
        let bench = sweeps.bench
        try eventually("a node answers") { (try? HTTPClient.get("/readyz", port: port).status) == 200 }
        let sent = try sweeps.submit(SweepBench.sweep("momentum-2026-q1", slowStep: 2))
        guard sent.code == 0 else { throw Failure(sent.words) }
        let page = bench.folder.file("report.html")
        let merged = try sweeps.merged("momentum-2026-q1", ["--html", page, "--x", "slow", "--y", "fast"])
        guard merged.code == 0 else { throw Failure(merged.words) }
        let look = Browser.Look(width: 1000, height: 900)
        try save(Browser.picture(of: "file://\(page)", look: look), "sweep-report.png")
        var round = 0
        try eventually("a minute and a half of history") {
            try bench.submit(Self.wave(round))
            round += 1
            let status = try JSONValue.parse(HTTPClient.get("/status", port: port).body)
            return status["history"]?["queue_depth"]?.elements?.count ?? 0 >= 90
                && status["slots"]?.elements?.filter { $0["state"]?.string == "running" }.count ?? 0 > 2
        }
    }

    private static func wave(_ round: Int) -> [String] {
        let data = #","data":{"dataset":"walk","timeframe":"1d"}}"#
        return (0..<(20 + 30 * (round % 8))).map { number in
            let id = "wave-\(round)-\(number)"
            switch number % 5 {
            case 0: return Bench.request(id, "sleep", #"{"ms":\#(20 + number * 3)}"#)
            case 1: return Bench.request(id, "macd").dropLast() + data
            case 2: return Bench.request(id, "burn", #"{"ms":5}"#)
            default: return Bench.request(id, "sma_crossover", #"{"fast":10,"slow":40}"#).dropLast() + data
            }
        }
    }

    private func save(_ picture: [UInt8], _ name: String) throws {
        let file = try #require(fopen("\(Files.package)/\(Self.folder)/\(name)", "w"))
        defer { fclose(file) }
        #expect(fwrite(picture, 1, picture.count, file) == picture.count)
    }
}
