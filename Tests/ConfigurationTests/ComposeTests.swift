import Glibc
import TestSupport
import Testing

@testable import Configuration

/// What `deploy/compose` says of a node, against what a node knows, and of files, against what is there.
@Suite struct ComposeTests {
    private static let folder = "\(Files.package)/deploy/compose"
    private static let text = Files.text("deploy/compose/compose.yml")

    @Test func everyVariableOfANodeIsAKey() {
        let names = Set(Self.text.matches(of: /OPTIMIZER_\w+/).map { String($0.0) })
        #expect(names.count == 3)
        #expect(names.isSubset(of: ConfigurationKey.all.map(\.environmentName)))
    }

    @Test func everyFileThatIsMountedIsThere() {
        let mounted = Self.text.matches(of: /[ "](\.\.?\/[^:"]*):\//).map { String($0.1) }
        #expect(mounted.count == 7)
        for path in mounted { #expect(access("\(Self.folder)/\(path)", R_OK) == 0, "\(path)") }
    }

    @Test func nobodyKillsANodeBeforeItHasEndedByItself() throws {
        let grace = try #require(Self.text.firstMatch(of: /stop_grace_period: (\d+)s/))
        #expect(try #require(Int(grace.1)) >= OptimizerConfiguration.defaults.shutdown.drainMs / 1000 + 12)
    }

    /// The dashboard finds its data source by its name.
    @Test func theDataSourceIsTheOneOfTheDashboardAtAnotherAddress() {
        func lines(_ file: String) -> [Substring] {
            Files.text(file).split(separator: "\n").filter { !$0.hasPrefix("#") && !$0.contains(" url: ") }
        }
        #expect(
            lines("deploy/compose/datasource.yml") == lines("deploy/grafana/provisioning/datasources/prometheus.yml"))
    }
}
