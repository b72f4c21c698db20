import Hosting
import System
import TestSupport
import Testing

/// What `optimizer-host`, which runs where production data is, must not be able to do.
extension HostingTests {
    @Suite(.serialized) struct HostProgramTests {
        private func path(_ program: String) throws -> String {
            try MachineTurn.require()
            return try #require(ExecutablePath.beside(program))
        }

        @Test func aHostRefusesToOffend() throws {
            let host = try path("optimizer-host")
            for words in [["offend"], ["exec", "--", host, "offend"]] {
                let outcome = try CommandLineTool.run(host, words)
                #expect(outcome.status == 64)
                #expect(outcome.output.contains("usage: optimizer-host serve"))
                #expect(!outcome.output.contains("offend"))
            }
        }

        @Test func noOffenceIsInTheHostsProgram() throws {
            // Part of the names of the files that offences write.
            let trace = "optimizer-offence"
            #expect(try CommandLineTool.run("/bin/grep", ["-q", trace, path("optimizer-offender")]).status == 0)
            #expect(try CommandLineTool.run("/bin/grep", ["-q", trace, path("optimizer-host")]).status == 1)
        }
    }
}
