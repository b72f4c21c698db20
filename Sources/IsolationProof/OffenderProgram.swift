package import Hosting
import System

/// `optimizer-offender`, which commits the offences. No node needs it to work, so it may not be installed.
package enum OffenderProgram {
    /// Its path: beside the running program.
    /// - Throws: `HostFailure` of code `launcher` where it is not there.
    package static func find() throws(HostFailure) -> String {
        let path = ExecutablePath.beside("optimizer-offender") ?? "optimizer-offender"
        guard ExecutablePath.canRun(path) else {
            throw HostFailure(
                .launcher, "there is no \(path), whose hosts misbehave",
                remedy: "swift build -c release --static-swift-stdlib --product optimizer-offender, and put it there")
        }
        return path
    }
}
