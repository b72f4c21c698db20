import Foundation
import Messages
import TestSupport
import Testing

@testable import Configuration

/// Command lines that images, manifests and units start the program with.
@Suite(.machine) struct DeploymentTests {
    private struct Line: Hashable {
        let file: String
        let words: [String]
    }

    private static func manifests() -> [String] {
        let files = FileManager.default.enumerator(atPath: Files.package + "/deploy/kubernetes")
        return (files?.compactMap { $0 as? String } ?? []).filter { $0.hasSuffix(".yml") }.map {
            "deploy/kubernetes/\($0)"
        }
    }

    /// What a container of the program is started with, or asked by.
    private static func commands(_ file: String) throws -> [[String]] {
        try YAMLNode.documents(file).flatMap(\.maps).flatMap { map in
            let started = try list(map["command"], file) + list(map["args"], file)
            let asked = try list(map["test"], file)
            // Programs of other images.
            return (started.first == "sh" ? [] : [started])
                + (asked.starts(with: ["CMD", "optimizer"]) ? [Array(asked.dropFirst())] : [])
        }
    }

    private static func list(_ node: YAMLNode?, _ file: String) throws -> [String] {
        guard let node else { return [] }
        guard let texts = node.texts else { throw Failure("\(file), line \(node.mark.line): a command is no list") }
        return texts
    }

    private static func lines() throws -> Set<Line> {
        var lines: Set<Line> = []
        func add(_ words: [String], _ file: String) {
            guard !words.isEmpty else { return }
            lines.insert(Line(file: file, words: words.first == "optimizer" ? Array(words.dropFirst()) : words))
        }
        for file in ["deploy/compose/compose.yml"] + manifests() {
            for words in try commands(file) { add(words, file) }
        }
        let (image, unit) = ("deploy/Dockerfile", "deploy/optimizer.service")
        for list in Files.text(image).matches(of: /CMD (\[.*\])/).map(\.1) {
            add(try #require(JSONValue.parse(Array(list.utf8)).elements).compactMap(\.string), image)
        }
        for line in Files.text(unit).matches(of: /ExecStart=\S*optimizer (.*)/).map(\.1) {
            add(line.split(separator: " ").map(String.init), unit)
        }
        return lines
    }

    /// `--help` is looked at when all options before it have been found.
    @Test func everyCommandLineIsOneOfTheProgram() throws {
        let lines = try Self.lines()
        #expect(lines.count > 10)
        #expect(Set(lines.map(\.file)).count == 5, "\(lines.map(\.file))")
        for line in lines {
            let outcome = try Program.run(line.words + ["--help"])
            #expect(outcome.code == 0, "\(line.file): \(line.words): \(outcome.words)")
        }
        #expect(try Program.run(["run", "--no-such-option", "--help"]).code == 64)
    }
}

/// What `deploy/compose` starts, in its order and as it starts it, without an engine: the programs of the tests in place of
/// the image's, the embedded broker in place of Kafka, folders in place of volumes.
@Suite(.machine(.nodes(2)), .enabled(if: Bench.realBootstrap == nil, "needs topics that nobody has used"))
struct ComposeRunTests {
    /// What a container sees, and where that is here.
    private struct Place {
        var paths: [(container: String, here: String)]
        var texts: [(container: String, here: String)]
        var environment: [String: String]

        /// A word, a value, as it is to be here.
        func here(_ text: String) -> String {
            if let text = texts.first(where: { $0.container == text })?.here { return text }
            guard let path = paths.first(where: { text == $0.container || text.hasPrefix($0.container + "/") }) else {
                return text
            }
            return path.here + text.dropFirst(path.container.count)
        }

        var variables: [String] { environment.map { "\($0)=\(here($1))" } }
    }

    private static let image = Files.text("deploy/Dockerfile")

    /// The list of the image's instruction that begins so.
    private static func words(_ beginning: String) throws -> [String] {
        let line = try #require(image.split(separator: "\n").first { $0.contains(beginning) })
        let list = try #require(line.firstMatch(of: /\[.*\]/)).0
        return try #require(JSONValue.parse(Array(list.utf8)).elements).compactMap(\.string)
    }

    private let folder: TemporaryFolder
    private let bench: Bench

    init() throws {
        folder = try TemporaryFolder()
        bench = try Bench()
    }

    private func place(_ service: ComposeFile.Service) throws -> Place {
        let temporary = folder.file("tmp-\(service.name)")
        try FileManager.default.createDirectory(atPath: temporary, withIntermediateDirectories: true)
        var paths = [("/etc/optimizer/optimizer.yml", Files.package + "/config/optimizer.yml"), ("/tmp", temporary)]
        for mount in service.mounts {
            let isPath = mount.source.hasPrefix(".")
            let here = isPath ? "\(Files.package)/deploy/compose/\(mount.source)" : folder.file(mount.source)
            paths.append((mount.target, here))
        }
        var environment = service.environment
        let home = try #require(Self.image.firstMatch(of: /\nWORKDIR (\/var\/\S+)/)).1
        environment["OPTIMIZER_DATA_ROOT"] = "\(home)/data"
        environment["OPTIMIZER_METRICS_HTTP"] = "0.0.0.0:9464"
        // So that two nodes find room on any machine, and a debug build time.
        environment["OPTIMIZER_POOL_MAX_CONCURRENT_STRATEGIES"] = "2"
        environment["OPTIMIZER_LIMITS_MEMORY_MB"] = "128"
        environment["OPTIMIZER_LIMITS_TIMEOUT_MS"] = "\(Patience.milliseconds)"
        #expect(Self.image.contains("\nENV OPTIMIZER_METRICS_HTTP=0.0.0.0:9464\n"))
        var texts = [("kafka:9092", bench.address)]
        // Each container has its own.
        for port in [9464, 9465] {
            let here = "127.0.0.1:\(try FreePort.find())"
            texts += [("0.0.0.0:\(port)", here), ("http://127.0.0.1:\(port)", "http://\(here)")]
        }
        return Place(paths: paths, texts: texts, environment: environment)
    }

    @Test func whatItStartsIsWellAndRunsTheSweep() throws {
        defer { #expect(throws: Never.self) { try bench.close() } }
        let (command, check) = try (Self.words(#"CMD ["run""#), Self.words(#"CMD ["optimizer", "health""#))
        var running: [(name: String, program: Program)] = []
        let services = try ComposeFile().inOrder(ofImage: "optimizer")
        #expect(services.map(\.name).sorted() == ["canary", "data", "node-1", "node-2", "sweep", "topics"])
        for service in services {
            let place = try place(service)
            let words = (service.command ?? command).map(place.here)
            guard !service.isJob else {
                let outcome = try Program.run(words, environment: place.variables)
                #expect(outcome.code == 0, "\(service.name) \(words): \(outcome.words)")
                continue
            }
            let program = try Program(words, environment: place.variables)
            running.append((service.name, program))
            let asking = Array((service.check ?? check).dropFirst()).map(place.here)
            try eventually("\(service.name) is well") {
                guard !program.hasEnded else { throw Failure("\(service.name) has ended: \(program.words)") }
                let answer = try Program.run(asking, environment: place.variables)
                guard answer.code != 64 else { throw Failure("\(service.name) is asked wrongly: \(answer.words)") }
                return answer.code == 0
            } explaining: {
                program.words
            }
        }
        // As the file says how to look at it.
        let sweep = try #require(services.first { $0.name == "sweep" })
        let report = try Program.run(
            ["results", "--sweep", "sample"] + Patience.option, environment: place(sweep).variables)
        #expect(report.code == 0 && report.lines.count == 21, "\(report.words)")
        for (name, program) in running {
            program.signal(SIGTERM)
            let outcome = try program.outcome()
            #expect(outcome.code == 0, "\(name): \(outcome.words)")
        }
    }
}
