import Configuration
import Glibc
import Messages
import Metrics
import TestSupport
import Testing

@testable import Worker

@Suite struct RunRecordTests {
    private let folder: TemporaryFolder
    private let log = LogLines()

    init() throws { folder = try TemporaryFolder() }

    private func record(_ settings: [String] = ["node.id=n1"], _ environment: [String: String] = [:]) throws
        -> RunRecord
    {
        let directory = settings.contains { $0.hasPrefix("node.stateDirectory") } || !environment.isEmpty
        let all = settings + (directory ? [] : ["node.stateDirectory=\(folder.file("state"))"])
        let configuration = try OptimizerConfiguration.load(file: nil, environment: [:], settings: all)
        return RunRecord(
            configuration, environment: environment,
            log: Log(minimum: .info, format: .json) { [log] in log.append($0) },
            patienceMs: Patience.milliseconds, endMs: Patience.milliseconds)
    }

    @Test func theFirstRunKnowsOfNoneBeforeIt() throws {
        #expect(try record().previous == nil)
        #expect(log.all == [])
    }

    @Test func howARunEndedIsWhatTheNextOneTells() throws {
        let end = NodeEnd(.fenced, exitCode: 70, time: Timestamp(milliseconds: 1_790_000_000_123), detail: "FENCED: it")
        try record().note(end)
        #expect(try record().previous == end)
        #expect(log.all.count == 1)
        #expect(
            log.all.last?.contains(#""level":"warning","message":"how the last run ended","reason":"fenced""#) == true)
        #expect(log.all.last?.contains("FENCED: it") == true)
    }

    @Test func aRunThatLeftNoWordHasCrashed() throws {
        _ = try record()
        #expect(try record().previous == NodeEnd(.crashed, exitCode: nil, time: nil))
        // That run has begun, and has not ended either.
        #expect(try record().previous?.reason == .crashed)
    }

    @Test func anotherNodeOfTheSameNameHasAFileOfItsOwn() throws {
        let first = try record(["kafka.groupId=a/b group", "metrics.http=null"])
        let second = try record(["kafka.groupId=a/b group", "metrics.http=null"])
        #expect(second.previous == nil, "the first is still running: it has not crashed")
        first.note(NodeEnd(.stopped, exitCode: 0, time: nil))
        second.note(NodeEnd(.fatal, exitCode: 70, time: nil))
        withExtendedLifetime((first, second)) {}
    }

    @Test func theFileIsWhereTheSystemSays() throws {
        for (name, place) in [
            ("STATE_DIRECTORY", ""), ("XDG_STATE_HOME", "/optimizer"), ("HOME", "/.local/state/optimizer"),
        ] {
            let directory = folder.file(name)
            _ = try record(["node.id=n1"], [name: directory + (name == "STATE_DIRECTORY" ? ":/nowhere" : "")])
            #expect(access(directory + place + "/run-n1.json", R_OK) == 0, "\(name)")
        }
    }

    @Test func aDirectoryThatCannotBeWrittenIsSaidAndNoHindrance() throws {
        for directory in ["/proc/optimizer", "/dev/null/x"] {
            let record = try record(["node.stateDirectory=\(directory)"])
            record.note(NodeEnd(.stopped, exitCode: 0, time: nil))
            #expect(record.previous == nil)
            #expect(log.all.last?.contains("how this run ends will not be known to the next") == true)
        }
        _ = try record(["node.id=n1"], ["UNRELATED": "1"])
        #expect(log.all.last?.contains("STATE_DIRECTORY") == true)
    }

    @Test func whatIsNoSuchFileIsNotBelieved() throws {
        for text in ["", "{", #"{"schema_version":2,"started_at":"2026-01-01T00:00:00.000Z","end":null}"#] {
            try folder.write(Array(text.utf8), to: "run-n1.json")
            #expect(try record(["node.id=n1", "node.stateDirectory=\(folder.file("."))"]).previous == nil)
        }
    }

    @Test func aWrongConfigurationsWordsStayOutOfTheStatus() {
        let failure = NodeFailure("/etc/optimizer.yml: no", code: ExitCode.configuration)
        let end = NodeEnd(failure, time: Timestamp(milliseconds: 0))
        #expect(end.reason == .configuration && end.exitCode == 78)
        #expect(end.json["detail"]?.string == "/etc/optimizer.yml: no")
        #expect(end.shown["detail"] == .null)
    }

    @Test func everyReasonIsOneOfTheMetricsLabel() {
        guard case .closed(let values) = MetricLabel.endReason.domain else {
            Issue.record("the label is open")
            return
        }
        #expect(values == NodeEnd.Reason.allCases.map(\.rawValue))
    }
}
