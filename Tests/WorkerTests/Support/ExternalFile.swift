import Glibc
import System
import TestSupport

/// A configuration file with external strategies, in a directory of its own.
final class ExternalFile {
    private let directory: TemporaryDirectory
    let path: String

    static let examples = "/" + #filePath.split(separator: "/").dropLast(4).joined(separator: "/") + "/deploy/examples"

    /// A host of a few lines of Python that does what the parameter `do` says.
    private static let unruly = #"""
        import json, os, sys, time
        def say(message): print(json.dumps(message), flush=True)
        leaked = []
        say({"log": {"message": "starting"}})
        say({"ready": {"pipelining": len(sys.argv) > 1}})
        for line in sys.stdin:
            request = json.loads(line)
            if "ping" in request:
                say({"pong": request["ping"]})
                continue
            do = request["strategy"]["parameters"]["do"]
            if do == "hang": time.sleep(600)
            while do == "wait" and not os.path.exists(os.path.dirname(__file__) + "/come"): time.sleep(0.005)
            if do == "hog": hoard = [bytearray(b"x" * (8 << 20)) for _ in range(100)]
            if do == "leak": leaked.append(b"x" * (60 << 20))
            refused = None
            if do == "gulp":
                try: leaked.append(b"x" * (400 << 20))
                except MemoryError as error: refused = repr(error)
            if do == "die": os._exit(9)
            if do == "babble": print("three trades so far", flush=True)
            if do == "flood": [os.write(1, b"x" * (1 << 20)) for _ in range(100)]
            if do == "log": say({"log": {"level": "warning", "message": "look at this"}})
            granted = None
            if do == "lock":
                say({"lock": ["account"]})
                granted = json.loads(sys.stdin.readline())["granted"]
            if do == "raise": raise RuntimeError("a mistake")
            answer = {
                "request_id": "another" if do == "wrong-id" else request["request_id"], "status": "completed",
                "statistics": {"pid": os.getpid(), "granted": granted, "parameters": request["strategy"]["parameters"],
                               "bytes": len(line.encode()), "root": os.environ["OPTIMIZER_DATA_ROOT"],
                               "environment": sorted(os.environ)},
                "strategy": {"name": "impostor"}, "node": "impostor"}
            if do == "fail": answer = {"request_id": request["request_id"], "status": "failed", "error": {"code": "no_luck", "message": "not today"}}
            if do == "flaky" and not os.path.exists(os.path.dirname(__file__) + "/come"): answer = {"request_id": request["request_id"], "status": "failed", "error": {"code": "not_yet", "message": "come again", "retryable": True}}
            if refused: answer = {"request_id": request["request_id"], "status": "failed", "error": {"code": "strategy_failed", "message": refused}}
            say(answer)
            if do == "twice": say(answer)
            if do == "leave": os._exit(0)
        """#

    /// A host that takes one line out of each read: it loses what is written behind a request.
    private static let oneRead = #"""
        import json, os
        os.write(1, b'{"ready":{}}\n')
        while line := os.read(0, 1 << 20):
            request = json.loads(line.split(b"\n")[0])
            reply = {"pong": 1} if "ping" in request else {"request_id": request["request_id"], "status": "completed"}
            os.write(1, json.dumps(reply).encode() + b"\n")
        """#

    /// What strategies in Python do wrong, with the helper of the examples.
    private static let clumsy = #"""
        import sys, time
        sys.path.insert(0, "EXAMPLES/python")
        from optimizer_host import Retryable, serve
        class Scalar:  # as numpy has them
            def item(self): return 4
        def look_up(prices): return prices["close"]
        def connect(): raise Retryable("the risk service is away")
        def ponder():
            while True: time.sleep(600)
        def run(request):
            do = request["strategy"]["parameters"]["do"]
            if do == "raise": look_up({})
            if do == "hang": ponder()
            if do == "retry": connect()
            if do == "set": return {"statistics": {"best": {1}}}
            return {"statistics": {"sharpe_ratio": float("nan"), "rows": [float("inf")], "units": Scalar()}}
        serve(run)
        """#

    /// - Parameter more: further keys of the strategy `unruly`, such as `hosts: 1`.
    init(more: String = "") throws {
        directory = try TemporaryDirectory(prefix: "optimizer-external")
        path = directory.path + "/optimizer.yml"
        let script = directory.path + "/unruly.py"
        try Self.write(Self.unruly, to: script)
        let clumsy = directory.path + "/clumsy.py"
        let program = Self.clumsy.split(separator: "EXAMPLES", maxSplits: 1).joined(separator: Self.examples)
        try Self.write(program, to: clumsy)
        try Self.write(Self.oneRead, to: directory.path + "/one-read.py")
        let choices =
            "[ok, hang, wait, hog, leak, gulp, die, babble, flood, log, raise, wrong-id, fail, flaky, twice, leave, lock]"
        try Self.write(
            """
            strategies:
              unruly:
                command: [python3, "\(script)"]
                environment: { GIVEN: "1" }
                version: 4
                parameters:
                  do: { type: choice, choices: \(choices), default: ok }
                  size: { type: integer, min: 1, max: 10, default: 3 }
                limits: { timeoutMs: 60000, memoryMB: 256 }
                startTimeoutMs: \(Patience.milliseconds)
                \(more)
              ahead:
                command: [python3, "\(script)", pipelining]
                parameters: { do: { type: choice, choices: \(choices), default: ok } }
                limits: { timeoutMs: 60000, memoryMB: 256 }
                startTimeoutMs: \(Patience.milliseconds)
              one_read:
                command: [python3, "\(directory.path)/one-read.py"]
                startTimeoutMs: \(Patience.milliseconds)
              clumsy:
                command: [python3, -B, "\(clumsy)"]
                startTimeoutMs: \(Patience.milliseconds)
                parameters: { do: { type: choice, choices: [ok, raise, hang, set, retry], default: ok } }
              sleepy: { command: [sleep, "600"], startTimeoutMs: \(Patience.milliseconds) }
              absent: { command: [/no/such/program], parameters: { size: { type: integer, min: 1, max: 10 } } }
              late:
                command: [sh, -c, 'test -e "\(directory.path)/come" || exit 7; exec python3 "\(script)"']
                startTimeoutMs: \(Patience.milliseconds)
                parameters: { do: { type: choice, choices: \(choices), default: ok } }
              moving_average:
                startTimeoutMs: \(Patience.milliseconds)
                command: [python3, -B, moving_average.py]
                workingDirectory: \(Self.examples)/python
                parameters:
                  fast: { type: integer, min: 1, max: 5000, default: 10 }
                  slow: { type: integer, min: 2, max: 5000, default: 20 }
                  mode: { type: choice, choices: [long_only, long_short], default: long_only }
              momentum:
                startTimeoutMs: \(Patience.milliseconds)
                command: [sh, "\(Self.examples)/awk/momentum.sh"]
                parameters: { period: { type: integer, min: 1, max: 5000, default: 2 } }
            """, to: path)
    }

    /// From now on the hosts of `late` start, what waits goes on, and what is flaky succeeds.
    func letStart() throws { try Self.write("", to: directory.path + "/come") }

    private static func write(_ text: String, to path: String) throws {
        let file = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o644)
        guard file >= 0 else { throw Failure("cannot write \(path)") }
        defer { close(file) }
        let bytes = Array(text.utf8)
        guard Glibc.write(file, bytes, bytes.count) == bytes.count else { throw Failure("cannot write \(path)") }
    }
}
