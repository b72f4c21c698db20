import Glibc
import Hosting
import Scheduling
import System

/// A node in miniature: starts two hosts, one busy and one idle, prints their process ids and waits to be killed.
enum ActingNode {
    static func run() {
        do {
            guard let launcher = ExecutablePath.beside("optimizer-host"),
                let offender = ExecutablePath.beside("offender")
            else { exit(71) }
            let spawner = try HostSpawner(launcher: launcher)
            let soon = MonotonicTime.now().adding(milliseconds: 300_000)
            let idle = try spawner.spawn(HostCommand(executable: offender, arguments: ["deaf"]))
            _ = try idle.awaitReady(until: soon)
            let busy = try spawner.spawn(HostCommand(executable: offender, arguments: ["stubborn-step"]))
            _ = try busy.awaitReady(until: soon)
            Wire.write(Array("\(idle.pid) \(busy.pid)\n".utf8))
            _ = busy.run([1], deadline: .now().adding(milliseconds: 600_000))
        } catch {
            Wire.write(Array("\(error)\n".utf8), to: 2)
            exit(70)
        }
    }
}
