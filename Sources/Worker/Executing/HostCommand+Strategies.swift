package import Configuration
package import Hosting
import System

extension HostCommand {
    /// The command of a host that runs the built-in strategies, and trades what those of others have decided.
    ///
    /// - Parameter launcher: the program `optimizer-host`.
    package init(builtIn launcher: String, dataRoot: String) {
        self.init(
            executable: launcher, arguments: ["serve", "--data-root", dataRoot],
            environment: ["PATH": "/usr/bin:/bin", "LANG": "C.UTF-8", "SWIFT_BACKTRACE": "enable=no"])
    }

    /// What libraries for numbers are told by how many threads to use. Unless told they use one per core in each host,
    /// which all slots together make far more than there are cores.
    private static let threadVariables = [
        "BLIS_NUM_THREADS", "MKL_NUM_THREADS", "NUMEXPR_NUM_THREADS", "OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS",
        "VECLIB_MAXIMUM_THREADS",
    ]

    /// The command of an external strategy, as a node starts it: in a clean environment, speaking lines.
    ///
    /// - Parameter dataRoot: the directory of the market data; a relative one counts from the working directory.
    package init(_ strategy: ExternalStrategy, dataRoot: String) {
        var environment = ["PATH": "/usr/local/bin:/usr/bin:/bin", "LANG": "C.UTF-8"]
        for name in Self.threadVariables { environment[name] = "1" }
        environment.merge(strategy.environment.mapValues(\.exposed)) { _, given in given }
        environment[ExternalStrategy.dataRootVariable] = AbsolutePath.of(dataRoot)
        environment[ExternalStrategy.nameVariable] = strategy.name
        self.init(
            executable: strategy.command.first ?? "", arguments: Array(strategy.command.dropFirst()),
            environment: environment, framing: .lines, workingDirectory: strategy.workingDirectory)
    }
}
