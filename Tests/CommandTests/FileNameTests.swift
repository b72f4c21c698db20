import Messages
import System
import TestSupport
import Testing

@testable import optimizer

/// Files and directories whose names are no UTF-8.
@Suite(.machine) struct FileNameTests {
    /// A name with a byte of Latin-1 in it.
    private func name(_ before: String, _ after: String) -> String {
        FileName.text(Array(before.utf8) + [0xE9] + Array(after.utf8))
    }

    /// As bytes, in a directory.
    private func names(in folder: String) -> Set<[UInt8]> { Set(DirectoryEntries.all(folder).map(FileName.bytes)) }

    @Test func whatIsReadAndWrittenHasTheNameThatWasGiven() throws {
        let folder = try TemporaryFolder()
        let (root, csv) = (folder.file(name("d", "ta")), folder.file(name("b", ".csv")))
        let settings = folder.file(name("o", ".yml"))
        #expect(TextFile.write(Files.text("deploy/data/synth_walk.csv"), to: csv))
        #expect(TextFile.write("kafka:\n  bootstrapServers: localhost:1\n", to: settings))
        let imported = try Program.run(["import", csv, "--dataset", "walk", "--set", "data.root=\(root)"])
        #expect(imported.code == 0, "\(imported.words)")
        let latin: [UInt8] = [0xE9]
        #expect(
            names(in: folder.path) == [
                Array("d".utf8) + latin + Array("ta".utf8), Array("b".utf8) + latin + Array(".csv".utf8),
                Array("o".utf8) + latin + Array(".yml".utf8),
            ])
        let listed = try Program.run(["datasets", "--config", settings, "--set=data.root=\(root)"])
        #expect(listed.code == 0 && listed.output.contains("walk"), "\(listed.words)")
        let request = folder.file(name("r", ".json"))
        let text = #"{"request_id":"r","strategy":{"name":"sma_crossover"},"data":{"dataset":"walk"}}"#
        #expect(TextFile.write(text, to: request))
        let sweep = folder.file(name("s", ".json"))
        #expect(TextFile.write(SweepBench.sweep("latin"), to: sweep))
        let planned = try Program.run(["submit", sweep, "--dry-run", "--set", "data.root=\(root)"])
        #expect(planned.code == 0 && planned.words.contains("over 2000 bars"), "\(planned.words)")
    }

    @Test func aFileThatIsNotThereIsNamedByItsBytes() throws {
        let folder = try TemporaryFolder()
        let outcome = try Program.run(["import", folder.file(name("caf", ".csv")), "--dataset", "walk"])
        #expect(outcome.code == 66 && outcome.words.contains(#"caf\xE9.csv: No such file"#), "\(outcome.words)")
    }
}
