import Glibc
import System

/// A started host: its process and the node's ends of its three pipes. Whoever holds it closes them.
struct SpawnedProcess: Sendable {
    enum State {
        case running
        /// Killed, but not let go of by the kernel in time.
        case abandoned
    }

    let handle: ProcessHandle
    /// Where requests are written; non-blocking.
    let input: Int32
    /// Where replies are read; non-blocking.
    let output: Int32
    let errors: Int32
    let confinement: Confinement?

    /// Starts `command` through the launcher, in a session of its own, with nothing of the node's but its three pipes.
    /// - Throws: `HostFailure` of code `resources` or `launcher`.
    static func start(
        _ command: HostCommand, launcher: String, confinement: Confinement? = nil
    ) throws(HostFailure) -> SpawnedProcess {
        let arguments = LauncherArguments(command, confinement).list
        var environment = command.environment
        // A Swift program that traps would spend seconds on a backtrace, and start a process for it.
        environment["SWIFT_BACKTRACE"] = environment["SWIFT_BACKTRACE"] ?? "enable=no"
        if let scratch = confinement?.scratch { environment["TMPDIR"] = scratch }
        let (input, output, errors) = try HostFailure.ifRefused(pipes)
        defer { for descriptor in [input.reading, output.writing, errors.writing] { close(descriptor) } }
        do throws(HostFailure) {
            let handle = try Self.start(
                launcher, arguments, environment, [input.reading, output.writing, errors.writing])
            return SpawnedProcess(
                handle: handle, input: input.writing, output: output.reading, errors: errors.reading,
                confinement: confinement)
        } catch {
            for descriptor in [input.writing, output.reading, errors.reading] { close(descriptor) }
            throw error
        }
    }

    /// For requests, replies and the standard error.
    private static func pipes() throws(SystemFailure) -> (Pipe, Pipe, Pipe) {
        let input = try Pipe(nonBlocking: .writing)
        do throws(SystemFailure) {
            let output = try Pipe(nonBlocking: .reading)
            do throws(SystemFailure) {
                return (input, output, try Pipe(nonBlocking: .reading))
            } catch {
                output.closeBoth()
                throw error
            }
        } catch {
            input.closeBoth()
            throw error
        }
    }

    /// Starts a command line of the launcher's, and takes hold of its process.
    /// - Parameter standard: its descriptors 0, 1 and 2.
    /// - Throws: `HostFailure` of code `resources` or `launcher`.
    static func start(
        _ launcher: String, _ arguments: [String], _ environment: [String: String], _ standard: [Int32]
    ) throws(HostFailure) -> ProcessHandle {
        let pid: Int32
        do throws(SystemFailure) {
            pid = try ProcessSpawn.start(
                launcher, arguments, environment: environment.map { "\($0)=\($1)" }, standard: standard)
        } catch {
            guard error.number == ENOENT || error.number == EACCES else { throw HostFailure(error) }
            throw HostFailure(.launcher, error.cause, remedy: "optimizer-host belongs beside optimizer")
        }
        return try HostFailure.ifRefused { () throws(SystemFailure) in try ProcessHandle(holding: pid) }
    }
}
