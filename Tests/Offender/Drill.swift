import Glibc
import Hosting
import Scheduling
import System

/// Tests that need a process of their own, in which nothing else starts processes or opens descriptors. Each prints
/// one line: `ok`, or what is wrong.
enum Drill {
    /// Kills an acting node without warning, and looks whether its hosts die with it.
    static func nodeDeath() {
        do {
            // Starting any host makes this process adopt orphans, so that it sees how they end. Nobody sweeps here.
            let spawner = try makeSpawner()
            try stepThenKill(spawner, ["echo"])
            let (node, output) = startNode()
            let hosts = readLine(from: output).split(separator: " ").compactMap { Int32($0) }
            guard hosts.count == 2 else { return report("the node has not started two hosts") }
            kill(node, SIGKILL)
            waitpid(node, nil, 0)
            let patience = MonotonicTime.now().adding(milliseconds: 300_000)
            for host in hosts {
                var status: Int32 = 0
                while waitpid(host, &status, WNOHANG) == 0 {
                    guard MonotonicTime.now() < patience else {
                        kill(host, SIGKILL)
                        return report("a host has outlived its node")
                    }
                    usleep(1000)
                }
                guard status & 0x7F == SIGKILL else { return report("a host ended with status \(status)") }
            }
            report("ok")
        } catch {
            report("\(error)")
        }
    }

    /// Lets a host of each kind (the arguments, as `mode` or `mode:number`) misbehave, and looks what is left of it.
    static func remains() {
        do {
            let spawner = try makeSpawner()
            try stepThenKill(spawner, ["echo"])
            let before = openDescriptors()
            for mode in CommandLine.arguments.dropFirst(2) {
                try stepThenKill(spawner, mode.split(separator: ":").map(String.init))
                let children = ProcessFiles.ownChildren()
                guard children.isEmpty else { return report("\(mode) leaves processes: \(children)") }
                guard openDescriptors() == before else { return report("\(mode) leaves descriptors") }
            }
            report("ok")
        } catch {
            report("\(error)")
        }
    }

    /// Starts a host though the descriptors 0 and 2 are free, so that pipes would get their numbers.
    static func bare() {
        do {
            close(0)
            close(2)
            let spawner = try makeSpawner()
            let host = try spawner.spawn(
                HostCommand(executable: ExecutablePath.beside("offender") ?? "offender", arguments: ["echo"]))
            _ = try host.awaitReady(until: .now().adding(milliseconds: 300_000))
            let outcome = host.run([4, 2], deadline: .now().adding(milliseconds: 300_000))
            if case .answered([4, 2]) = outcome { report("ok") } else { report("\(outcome)") }
        } catch {
            report("\(error)")
        }
    }

    private static func makeSpawner() throws(HostFailure) -> HostSpawner {
        try HostSpawner(launcher: ExecutablePath.beside("optimizer-host") ?? "optimizer-host")
    }

    private static func stepThenKill(_ spawner: HostSpawner, _ arguments: [String]) throws(HostFailure) {
        let host = try spawner.spawn(
            HostCommand(executable: ExecutablePath.beside("offender") ?? "offender", arguments: arguments))
        do throws(HostFailure) {
            _ = try host.awaitReady(until: .now().adding(milliseconds: 10_000))
            _ = host.run([1, 2, 3], deadline: .now().adding(milliseconds: 200))
        } catch  where error.code != .notReady {
            throw error
        } catch {}
        host.kill()
    }

    private static func startNode() -> (pid: Int32, output: Int32) {
        var ends: [Int32] = [-1, -1]
        pipe(&ends)
        let node = fork()
        if node == 0 {
            dup2(ends[1], 1)
            close(ends[0])
            close(ends[1])
            let arguments: [UnsafeMutablePointer<CChar>?] = [strdup("offender"), strdup("node"), nil]
            execv(ExecutablePath.beside("offender") ?? "offender", arguments)
            exit(71)
        }
        close(ends[1])
        return (node, ends[0])
    }

    private static func readLine(from descriptor: Int32) -> String {
        var line: [UInt8] = []
        var byte: UInt8 = 0
        while read(descriptor, &byte, 1) == 1, byte != 0x0A { line.append(byte) }
        return String(decoding: line, as: UTF8.self)
    }

    private static func openDescriptors() -> [Int32] {
        (0..<4096).filter { fcntl($0, F_GETFD) >= 0 }
    }

    private static func report(_ line: String) {
        Wire.write(Array((line + "\n").utf8))
    }
}
