import Foundation
import Messages
import TestSupport
import Testing

@testable import Strategies

@Suite struct DataSetTests {
    private let folder: TemporaryFolder
    private let name: DataSetName

    init() throws {
        folder = try TemporaryFolder()
        name = try #require(DataSetName(dataset: "walk", timeframe: "1d"))
    }

    private var root: String { folder.path + "/data" }

    private func publish(_ table: BarTable, as name: DataSetName? = nil) throws -> String {
        try DataSetWriter.publish(ColumnFile.encode(table), as: name ?? self.name, under: root)
    }

    private func problem(_ name: DataSetName, version: String? = nil) -> RequestProblem? {
        do throws(RequestProblem) {
            _ = try DataSetStore(root: root).dataSet(name, version: version)
            return nil
        } catch {
            return error
        }
    }

    @Test func whatWasImportedIsWhatIsMapped() throws {
        let csv = try Fixture.path("synth_walk.csv")
        let entry = try DataSetImport.run(csv, as: name, under: root)
        let data = try DataSetStore(root: root).dataSet(name, version: nil)
        let table = try Fixture.table("synth_walk")
        #expect(data.version == entry.version)
        data.withBars { bars in
            #expect(Array(bars.time) == table.time)
            #expect(Array(bars.open) == table.open)
            #expect(Array(bars.high) == table.high)
            #expect(Array(bars.low) == table.low)
            #expect(Array(bars.close) == table.close)
        }
        #expect(entry.bars == 2000)
        #expect(DatasetCatalogue.list(root) == [entry])
        #expect(try DataSetImport.run(csv, as: name, under: root).version == entry.version)
    }

    @Test func whatIsMappedCanNotBeWritten() throws {
        let digest = try publish(Scenario(flat: [1, 2, 3]).table)
        let data = try DataSetStore(root: root).dataSet(name, version: nil)
        let file = try #require(FileHandle(forReadingAtPath: "/proc/self/maps"))
        let maps = try file.readToEnd() ?? Data()
        let lines = String(decoding: maps, as: UTF8.self).split(separator: "\n").filter {
            $0.hasSuffix("/\(digest).bars")
        }
        #expect(lines.count == 1 && lines.allSatisfy { $0.split(separator: " ")[1] == "r--s" }, "\(lines)")
        // Nor can it be made writable: the file is open for reading only.
        data.withBars { bars in
            let address = UnsafeMutableRawPointer(mutating: UnsafeRawPointer(bars.close.baseAddress))
            let start = address.map { $0 - Int(bitPattern: $0) % Int(getpagesize()) }
            #expect(mprotect(start, 1, PROT_READ | PROT_WRITE) == -1 && errno == EACCES)
        }
    }

    @Test func theLayoutIsTheSpecifiedOne() throws {
        let table = Scenario(flat: [1, 2, 3]).table
        let bytes = ColumnFile.encode(table)
        #expect(bytes.starts(with: Array("BARS0001".utf8)))
        #expect(bytes.count == 320 + 5 * 64 + 24)
        bytes.withUnsafeBytes { file in
            #expect(file.loadUnaligned(fromByteOffset: 8, as: UInt32.self) == 64)
            #expect(file.loadUnaligned(fromByteOffset: 12, as: UInt32.self) == 6)
            #expect(file.loadUnaligned(fromByteOffset: 16, as: UInt64.self) == 3)
            #expect(file.loadUnaligned(fromByteOffset: 24, as: Int64.self) == 86_400)
            #expect(file.loadUnaligned(fromByteOffset: 32, as: Int64.self) == table.time[0])
            #expect(file.loadUnaligned(fromByteOffset: 40, as: Int64.self) == table.time[2])
            #expect(String(decoding: file[64 + 4 * 40..<64 + 4 * 40 + 5], as: UTF8.self) == "close")
            let offset = file.loadUnaligned(fromByteOffset: 64 + 4 * 40 + 24, as: UInt64.self)
            #expect(offset % 64 == 0)
            #expect(file.loadUnaligned(fromByteOffset: Int(offset) + 16, as: Double.self) == 3)
        }
    }

    @Test(arguments: [
        "", ".", "..", "../walk", "a/b", "/etc", ".hidden", "-x", "a b", "é", "a\u{0}b",
        String(repeating: "a", count: 65),
    ]) func aNameThatCouldLeaveTheRootIsNone(name: String) {
        #expect(DataSetName(dataset: name, timeframe: "1d") == nil)
        #expect(DataSetName(dataset: "walk", timeframe: name) == nil)
    }

    @Test(arguments: ["a", "A.b-c_9", "2010", String(repeating: "a", count: 64)]) func aPlainNameIsOne(name: String) {
        #expect(DataSetName(dataset: name, timeframe: "1d")?.dataset == name)
    }

    @Test func linksAreNotFollowed() throws {
        let digest = try publish(Scenario(flat: [1, 2, 3]).table)
        let files = FileManager.default
        let outside = folder.path + "/outside"
        try files.moveItem(atPath: root + "/walk", toPath: outside)
        try files.createSymbolicLink(atPath: root + "/walk", withDestinationPath: outside)
        #expect(problem(name)?.code == .unknownDataset)
        #expect(DatasetCatalogue.list(root).isEmpty)

        try files.removeItem(atPath: root + "/walk")
        try files.createDirectory(atPath: root + "/walk", withIntermediateDirectories: true)
        try files.createSymbolicLink(atPath: root + "/walk/1d", withDestinationPath: outside + "/1d")
        #expect(problem(name)?.code == .unknownDataset)

        try files.removeItem(atPath: root + "/walk/1d")
        try files.createDirectory(atPath: root + "/walk/1d", withIntermediateDirectories: true)
        let file = DataSetFiles.file(digest)
        try files.createSymbolicLink(atPath: root + "/walk/1d/" + file, withDestinationPath: outside + "/1d/" + file)
        #expect(problem(name, version: "sha256:" + digest)?.code == .unknownDataset)
        #expect(throws: ImportProblem.self) {
            try files.removeItem(atPath: root + "/walk")
            try files.createSymbolicLink(atPath: root + "/walk", withDestinationPath: outside)
            _ = try publish(Scenario(flat: [4, 5, 6]).table)
        }
    }

    @Test func whatIsMissingIsUnknownAndRetryable() throws {
        #expect(problem(name)?.code == .unknownDataset)
        let digest = try publish(Scenario(flat: [1, 2, 3]).table)
        #expect(problem(name) == nil)
        let mistyped = try #require(DataSetName(dataset: "wlak", timeframe: "1d"))
        let found = try #require(problem(mistyped))
        #expect(found.code == .unknownDataset && found.isRetryable)
        #expect(found.message.contains("did you mean \"walk\""))
        #expect(found.message.contains("optimizer import"))
        let absent = "sha256:" + String(digest.reversed())
        #expect(problem(name, version: absent)?.code == .unknownDataset)
        #expect(problem(name, version: "v1")?.code == .invalidRequest)
        #expect(problem(name, version: "sha256:../../x")?.code == .invalidRequest)
    }

    @Test func aNewImportIsTheNewestAndTheOldOneStays() throws {
        let store = DataSetStore(root: root)
        let old = try publish(Scenario(flat: [1, 2, 3]).table)
        let first = try store.dataSet(name, version: nil)
        let new = try publish(Scenario(flat: [4, 5, 6]).table)
        #expect(try store.dataSet(name, version: nil).version == "sha256:" + new)
        #expect(try store.dataSet(name, version: "sha256:" + old) === first)
        #expect(first.withBars { $0.close[0] } == 1)
    }

    @Test func onlyTheLastFewDataSetsStayOpen() throws {
        let store = DataSetStore(root: root)
        let digests = try (1...DataSetStore.kept + 4).map { try publish(Scenario(flat: [Double($0), 2, 3]).table) }
        let first = try store.dataSet(name, version: "sha256:" + digests[0])
        #expect(try store.dataSet(name, version: "sha256:" + digests[0]) === first)
        for digest in digests { _ = try store.dataSet(name, version: "sha256:" + digest) }
        #expect(try store.dataSet(name, version: "sha256:" + digests[0]) !== first)
    }

    @Test func aChangedByteIsFound() throws {
        let digest = try publish(Scenario(flat: [1, 2, 3]).table)
        let path = root + "/walk/1d/" + DataSetFiles.file(digest)
        var bytes = try Data(contentsOf: URL(fileURLWithPath: path))
        bytes[bytes.count - 30] ^= 1
        try bytes.write(to: URL(fileURLWithPath: path))
        #expect(problem(name)?.code == .invalidData)
        // Importing the same bars again mends it.
        _ = try publish(Scenario(flat: [1, 2, 3]).table)
        #expect(problem(name) == nil)
    }

    /// Files under their right hash whose content is wrong all the same: only their checks stand before the engine.
    @Test(arguments: [0, 8, 12, 16, 23, 64, 80, 88, 95, 96, 128, 200]) func aWrongHeaderIsRefused(byte: Int) throws {
        var bytes = ColumnFile.encode(Scenario(flat: [1, 2, 3]).table)
        bytes[byte] ^= 0x41
        _ = try DataSetWriter.publish(bytes, as: name, under: root)
        #expect(problem(name)?.code == .invalidData)
    }

    @Test func truncatedFilesAreRefused() throws {
        let bytes = ColumnFile.encode(Scenario(flat: [1, 2, 3]).table)
        for length in [0, 1, 63, 64, 319, 320, 400, bytes.count - 25] {
            _ = try DataSetWriter.publish(Array(bytes.prefix(length)), as: name, under: root)
            #expect(problem(name)?.code == .invalidData, "\(length) bytes")
        }
    }

    @Test func barsThatNoImportWouldWriteAreRefused() throws {
        var table = Scenario(flat: [1, 2, 3]).table
        table.close[1] = 5
        _ = try publish(table)
        #expect(problem(name)?.message.contains("close 5.0 is above high 2.0") == true)
        table = Scenario(flat: [1, 2, 3]).table
        table.time[2] = table.time[1]
        _ = try publish(table)
        #expect(problem(name)?.code == .invalidData)
        // The distance of these two fits no Int64.
        var bytes = ColumnFile.encode(Scenario(flat: [1, 2, 3]).table)
        for (bar, time) in [Int64.min, 0, .max].enumerated() {
            withUnsafeBytes(of: time) { bytes.replaceSubrange(320 + bar * 8..<328 + bar * 8, with: $0) }
        }
        _ = try DataSetWriter.publish(bytes, as: name, under: root)
        #expect(problem(name)?.message.contains("beyond the years") == true)
    }

    @Test func randomDamageNeverBringsTheReaderDown() throws {
        var generator = SeededGenerator(seed: 30)
        let bytes = ColumnFile.encode(randomTable(seed: 31, bars: 20))
        for _ in 0..<300 {
            var damaged = bytes
            for _ in 0..<Int.random(in: 1...6, using: &generator) {
                damaged[Int.random(in: 0..<320, using: &generator)] = UInt8.random(in: 0...255, using: &generator)
            }
            _ = try DataSetWriter.publish(damaged, as: name, under: root)
            _ = problem(name)
        }
    }

    @Test func aDamagedPointerIsNamed() throws {
        _ = try publish(Scenario(flat: [1, 2, 3]).table)
        try Data("../../etc/passwd\n".utf8).write(to: URL(fileURLWithPath: root + "/walk/1d/latest"))
        #expect(problem(name)?.code == .invalidData)
        #expect(DatasetCatalogue.list(root).isEmpty)
    }

    @Test func anImportLeavesNothingButItsFiles() throws {
        let digest = try publish(Scenario(flat: [1, 2, 3]).table)
        let files = try FileManager.default.contentsOfDirectory(atPath: root + "/walk/1d").sorted()
        #expect(files == [DataSetFiles.file(digest), "latest"])
        let bad = try folder.write("date,open,high,low,close\n2010-01-04,1,2,3,4\n", to: "bad.csv")
        let other = try #require(DataSetName(dataset: "other", timeframe: "1d"))
        #expect(throws: ImportProblem.self) { try DataSetImport.run(bad, as: other, under: root) }
        #expect(try FileManager.default.contentsOfDirectory(atPath: root) == ["walk"])
    }

    @Test func theCatalogueIsSorted() throws {
        for (dataset, timeframe) in [("b", "1h"), ("a", "1d"), ("b", "1d")] {
            _ = try publish(Scenario(flat: [1, 2]).table, as: DataSetName(dataset: dataset, timeframe: timeframe))
        }
        let list = DatasetCatalogue.list(root)
        #expect(list.map { $0.name.dataset + $0.name.timeframe } == ["a1d", "b1d", "b1h"])
        #expect(list.allSatisfy { $0.bars == 2 && $0.start == "2020-01-06" && $0.end == "2020-01-07" })
        #expect(DatasetCatalogue.list(root + "/none").isEmpty)
    }

    @Test(arguments: [
        ("", "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"),
        ("abc", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"),
        (
            "abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq",
            "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1"
        ),
    ]) func theHashIsSHA256(text: String, digest: String) {
        #expect(SHA256.hex(of: Array(text.utf8)) == digest)
    }

    @Test func aMillionLettersHashTheSameInPieces() {
        let bytes = [UInt8](repeating: UInt8(ascii: "a"), count: 1_000_000)
        let digest = "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0"
        #expect(SHA256.hex(of: bytes) == digest)
        var hash = SHA256()
        var start = 0
        for length in [1, 62, 1, 64, 65, 127, 999_680] {
            bytes[start..<start + length].withUnsafeBytes { hash.update($0) }
            start += length
        }
        #expect(start == 1_000_000)
        #expect(hash.finish() == digest)
    }
}
