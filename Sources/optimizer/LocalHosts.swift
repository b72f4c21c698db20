import Configuration
import Hosting
import Messages
import Scheduling
import System
import Worker

/// Hosts on this machine in the limits and the sandbox that a node with this configuration has.
struct LocalHosts {
    private let isolation: Isolation
    let spawner: HostSpawner
    /// The program `optimizer-host`.
    let launcher: String

    /// - Parameter memoryMB: of the strategy, where it says.
    /// - Throws: what of it cannot be had here.
    init(_ configuration: OptimizerConfiguration, memoryMB: Int?) throws(CommandFailure) {
        guard let launcher = ExecutablePath.beside("optimizer-host") else {
            throw CommandFailure("cannot find out where this program lies, to start optimizer-host beside it")
        }
        self.launcher = launcher
        do throws(HostFailure) {
            isolation = try Isolation(IsolationSettings(configuration, memoryMB: memoryMB), launcher: launcher)
        } catch {
            throw CommandFailure(error.description)
        }
        do throws(HostFailure) {
            spawner = try HostSpawner(launcher: launcher, isolation: isolation)
        } catch {
            isolation.stop()
            throw CommandFailure(error.description)
        }
    }

    /// A host that is ready.
    ///
    /// - Parameter timeoutMs: how long it may take.
    /// - Throws: why it is not.
    func start(_ command: HostCommand, timeoutMs: Int) throws(CommandFailure) -> Host {
        do throws(HostFailure) {
            let host = try spawner.spawn(command)
            _ = try host.awaitReady(until: .now().adding(milliseconds: timeoutMs))
            // What it says besides is for a node's log.
            host.interim = { HostLogLine($0) != nil }
            return host
        } catch {
            throw CommandFailure(error.description)
        }
    }

    func stop() {
        spawner.stop()
        isolation.stop()
    }
}
