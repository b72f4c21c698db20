import Glibc
import Hosting
import Messages
import Scheduling
import System
import TestSupport
import Testing

extension HostingTests {
    @Suite(.serialized) struct ConformanceTests {
        let hosts: TestHosts

        init() throws {
            hosts = try TestHosts()
        }

        private static let examples =
            "/" + #filePath.split(separator: "/").dropLast(3).joined(separator: "/") + "/deploy/examples"

        /// A host of a few lines of Python, right but for what the mode says.
        private static let host = #"""
            import json, os, sys, time
            mode = sys.argv[1]
            def is_ping(line): return "ping" in line and "request_id" not in line
            def say(message): print(json.dumps(message), flush=True)
            def reply(line):
                try: request = json.loads(line)
                except ValueError:
                    if mode == "dies": sys.exit(7)
                    status = "completed" if mode == "agrees" else "rejected"
                    return {"status": status, "error": {"code": "invalid_json", "message": "no JSON"}}
                if set(request) == {"ping"} or mode == "pongs" and "ping" in request:
                    return {"pong": 8 if mode == "wrong-pong" else request["ping"]}
                identity = "another" if mode == "wrong-id" else request["request_id"]
                if mode == "searches": identity = line.split('"request_id":"')[1].split('"')[0]
                if mode == "status": return {"request_id": identity, "status": "done"}
                if mode == "no-error": return {"request_id": identity, "status": "failed"}
                if mode == "no-id": return {"status": "completed"}
                return {"request_id": identity, "status": "completed", "statistics": {}}
            if mode == "greets": print("hello", flush=True)
            if mode == "logs": say({"log": {"level": "info", "message": "starting"}})
            say({"ready": {}})
            if mode == "one-read":
                while True:
                    lines = os.read(0, 1 << 24).split(b"\n")
                    if lines == [b""]: sys.exit(0)
                    if lines[0]: say(reply(lines[0]))
            pings = 0
            for line in sys.stdin:
                if mode == "silent" and b"request" in line.encode(): time.sleep(60)
                if mode == "noisy": print("working", file=sys.stderr, flush=True)
                if mode == "logs" and not is_ping(line): say({"log": {"level": "debug", "message": "working"}})
                if mode == "unflushed": print(json.dumps(reply(line)))
                else: say(reply(line))
                if mode == "chatters" and not is_ping(line): say({"note": "done"})
                pings += is_ping(line)
                if mode == "late" and is_ping(line) and pings == 2: say({"note": "done"})
            if mode == "stays": time.sleep(60)
            sys.exit(3 if mode == "exit-code" else 0)
            """#

        private func check(
            _ command: [String], directory: String? = nil, answerMs: Int = 10_000, readyMs: Int = 10_000,
            descriptor: StrategyDescriptor = StrategyDescriptor(name: "check", summary: "", parameters: [])
        ) -> (findings: [ConformanceFinding], check: ConformanceCheck) {
            let check = ConformanceCheck(
                HostCommand(
                    executable: command[0], arguments: Array(command.dropFirst()),
                    environment: ["PATH": "/usr/local/bin:/usr/bin:/bin", "PYTHONDONTWRITEBYTECODE": "1"],
                    framing: .lines, workingDirectory: directory),
                engine: HostCommand(
                    executable: ExecutablePath.beside("optimizer-host") ?? "",
                    arguments: ["serve", "--data-root", "data"]),
                sample: SampleRequest(descriptor), answerMs: answerMs, readyMs: readyMs, spawner: hosts.spawner)
            return (check.run(), check)
        }

        private func check(mode: String, answerMs: Int = 10_000) -> (
            findings: [ConformanceFinding], check: ConformanceCheck
        ) {
            check(["python3", "-c", Self.host, mode], answerMs: answerMs)
        }

        @Test(arguments: [
            ("python", ["python3", "moving_average.py"], "completed"), ("awk", ["sh", "momentum.sh"], "completed"),
            ("python", ["python3", "crossover.py"], "completed, 1 trades over 60 bars"),
        ])
        func theExamplesConform(directory: String, command: [String], words: String) {
            let (findings, check) = check(
                command, directory: "\(Self.examples)/\(directory)", answerMs: Patience.milliseconds)
            #expect(findings.count == 15)
            #expect(findings.filter { $0.fault != nil }.map { "\($0.name): \($0.fault ?? "")" } == [])
            // They compute, rather than refuse everything.
            #expect(findings.first { $0.name == "request" }?.detail == words)
            #expect(findings.first { $0.name == "no data" }?.detail.hasPrefix("rejected") == true)
            #expect(check.errorLines.isEmpty)
            let inARow = findings.first { $0.name == "two requests in a row" }
            #expect(inARow?.detail == (directory == "python" ? "16 of them" : ""))
        }

        @Test(arguments: ["", "noisy", "logs"])
        func aRightHostConformsWhateverItWritesToTheLog(mode: String) {
            let (findings, check) = check(mode: mode)
            #expect(findings.allSatisfy { $0.fault == nil }, "\(findings)")
            #expect(check.errorLines.isEmpty == (mode != "noisy"))
            #expect((check.logLines > 1) == (mode == "logs"))
        }

        @Test(arguments: [
            ("greets", "ready", "the first line is \"hello\", must be {\"ready\":{}}"),
            ("wrong-pong", "ping", "was answered with \"{\"pong\": 8}\", must be {\"pong\":7}"),
            ("wrong-id", "request", "the request check-request was answered for \"another\""),
            ("pongs", "members named like the protocol's words", "was answered with \"{\"pong\": 7}\""),
            ("searches", "labels named like members", "was answered for \"a label\""),
            ("status", "request", "status is \"done\", must be completed, failed or rejected"),
            ("no-error", "several requests", "status is failed and it has no \"error\""),
            ("dies", "invalid JSON", "it was lost at a line that is no JSON: the host exited with code 7"),
            ("agrees", "invalid JSON", "answered with completed, must be rejected or failed"),
            ("late", "silence", "that nobody had asked for; one line for each request, and none besides"),
            ("chatters", "several requests", ""), ("no-id", "request", "which has no \"request_id\""),
            ("stays", "end of input", "did not exit within 2000 ms of the end of its input"),
            ("stays", "end of input at once", "did not exit within 2000 ms of the end of its input"),
            ("exit-code", "end of input", "exited with code 3 at the end of its input, must be 0"),
        ])
        func whatAHostGetsWrongIsNamed(mode: String, name: String, words: String) throws {
            let finding = try #require(check(mode: mode).findings.first { $0.name == name })
            let fault = try #require(finding.fault, "\(mode) passed \(name)")
            #expect(fault.contains(words))
        }

        @Test(arguments: [
            ("one-read", "two requests in a row", "no answer to the request check-row-"),
            ("unflushed", "request", "is standard output flushed after each line?"),
            ("silent", "huge request", "no answer to the request check-huge within 300 ms"),
        ])
        func whatDoesNotComeIsMissed(mode: String, name: String, words: String) throws {
            let findings = check(mode: mode, answerMs: 300).findings
            let fault = try #require(findings.first { $0.name == name }?.fault, "\(mode) passed \(name)")
            #expect(fault.contains(words))
        }

        @Test func aCommandThatIsNotThereOrNeverReadyFailsAtOnce() {
            let missing = check(["no-such-command"]).findings
            #expect(missing.map(\.name) == ["ready"])
            #expect(missing.first?.fault?.contains("no-such-command: No such file or directory") == true)
            let silent = check(["sh", "-c", "cat >/dev/null"], readyMs: 200).findings
            #expect(silent.first?.fault?.hasPrefix("no ready line within 200 ms") == true)
        }
    }
}
