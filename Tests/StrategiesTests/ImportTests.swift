import CZlib
import Foundation
import TestSupport
import Testing

@testable import Strategies

@Suite struct ImportTests {
    private let folder: TemporaryFolder

    init() throws { folder = try TemporaryFolder() }

    private func read(_ text: String) throws -> BarTable {
        try CSVReader.read(folder.write(text, to: UUID().uuidString)) { _ in }
    }

    private func problem(_ text: String) throws -> ImportProblem? {
        let file = try folder.write(text, to: UUID().uuidString)
        do throws(ImportProblem) {
            _ = try CSVReader.read(file) { _ in }
            return nil
        } catch {
            return error
        }
    }

    /// 2010-01-04 and the day after.
    private static let times: [Int64] = [1_262_563_200_000, 1_262_649_600_000]

    struct Shape: Sendable, CustomTestStringConvertible {
        let name: String
        let text: String
        var testDescription: String { name }

        init(_ name: String, _ text: String) {
            self.name = name
            self.text = text
        }
    }

    @Test(arguments: [
        Shape("the sample sets", ",Open,High,Low,Close,Volume\n2010-01-04,1,3,0.5,2,10\n2010-01-05,2,4,1,3,20\n"),
        Shape(
            "Yahoo",
            "Date,Open,High,Low,Close,Adj Close,Volume\n2010-01-04,1,3,0.5,2,9,10\n2010-01-05,2,4,1,3,9,20\n"),
        Shape(
            "yfinance",
            "Date,Open,High,Low,Close,Volume,Dividends\n2010-01-04 00:00:00+00:00,1,3,0.5,2,10,0\n"
                + "2010-01-05 00:00:00+00:00,2,4,1,3,20,0\n"),
        Shape(
            "Binance klines",
            "1262563200000,1,3,0.5,2,10,1262649599999,0,0,0,0,0\n1262649600000,2,4,1,3,20,1262735999999,0,0,0,0,0\n"),
        Shape(
            "Binance klines in microseconds",
            "1262563200000000,1,3,0.5,2,10,0,0,0,0,0,0\n1262649600000000,2,4,1,3,20,0,0,0,0,0,0\n"),
        Shape("epoch seconds", "timestamp,open,high,low,close,volume\n1262563200,1,3,.5,2,10\n1262649600,2,4,1,3,20\n"),
        Shape(
            "any order and case", "VOLUME,cLose,low,HIGH,Open,DateTime\n10,2,0.5,3,1,20100104\n20,3,1,4,2,20100105\n"),
        Shape(
            "semicolons, quotes, a mark and CRLF",
            "\u{FEFF}\"Date\";\"Open\";\"High\";\"Low\";\"Close\";\"Volume\"\r\n\"2010-01-04\";1;3;0.5;2;10\r\n"
                + "\"2010-01-05\";2;4;1;3;20\r\n"),
        Shape(
            "tabs, angle brackets, a clock of its own",
            "<DATE>\t<TIME>\t<OPEN>\t<HIGH>\t<LOW>\t<CLOSE>\t<TICKVOL>\n2010.01.04\t00:00:00\t1\t3\t0.5\t2\t10\n"
                + "2010.01.05\t00:00\t2\t4\t1\t3\t20\n"),
        Shape(
            "MetaTrader's days",
            "<DATE>\t<OPEN>\t<HIGH>\t<LOW>\t<CLOSE>\t<TICKVOL>\n2010.01.04\t1\t3\t0.5\t2\t10\n"
                + "2010.01.05\t2\t4\t1\t3\t20\n"),
        Shape(
            "ISO 8601, spaces and an empty line, no line end",
            "time , open, high, low, close, volume\n2010-01-04T00:00:00.000Z, 1, 3, 5e-1, 2, 10\n\n"
                + "2010-01-05T01:00:00+01:00, 2, 4, 1, 3, 20"),
        Shape("slashes", "date,open,high,low,close,volume\n2010/01/04,$1.00,3,0.50,2,10\n2010/01/05,2,4,1,3,20\n"),
    ]) func readsTheShape(_ shape: Shape) throws {
        let table = try read(shape.text)
        #expect(table.time == Self.times)
        #expect(table.open == [1, 2])
        #expect(table.high == [3, 4])
        #expect(table.low == [0.5, 1])
        #expect(table.close == [2, 3])
        #expect(table.volume == [10, 20])
    }

    @Test func volumeMayBeMissing() throws {
        #expect(try read("date,open,high,low,close\n2010-01-04,1,3,0.5,2\n").volume == [0])
    }

    private static let good =
        "date,open,high,low,close,volume\n2010-01-02,1,3,0.5,2,10\n2010-01-04,1,3,0.5,2,10\n"

    @Test(arguments: [
        ("2010-01-04,1,3,0.5,2,10", "line 4: the time 2010-01-04 is that of the bar before"),
        ("2010-01-03,1,3,0.5,2,10", "line 4: the time 2010-01-03 is before that of the bar before (2010-01-04)"),
        ("2010-01-05,1,3,0.5,2", "line 4: 5 fields, the header has 6"),
        ("2010-01-05,1,3,0.5,null,10", "line 4: close is \"null\", must be a number"),
        ("2010-01-05,1,3,0.5,nan,10", "line 4: close is \"nan\", must be a number"),
        ("2010-01-05,1,3,0.5,1e999,10", "line 4: close is inf, must be a finite number"),
        ("2010-01-05,0,3,0.5,2,10", "line 4: open is 0.0, prices must be above 0"),
        ("2010-01-05,1,3,-0.5,2,10", "line 4: low is -0.5, prices must be above 0"),
        ("2010-01-05,1,3,0.5,4,10", "line 4: close 4.0 is above high 3.0"),
        ("2010-01-05,1,3,1.5,2,10", "line 4: open 1.0 is below low 1.5"),
        ("2010-01-05,1,3,0.5,2,-1", "line 4: volume is -1.0, must be a finite number of at least 0"),
        ("05/01/10,1,3,0.5,2,10", "line 4: the time \"05/01/10\" cannot be read"),
        ("2010-01-05,1,3,0.5,2,10,5", "line 4: 7 fields, the header has 6"),
        ("2010-01-05,,,,,", "line 4: no number in the whole row"),
        ("2010010509,1,3,0.5,2,10", "line 4: the time \"2010010509\" reads as a date and a clock"),
        ("201001050930,1,3,0.5,2,10", "line 4: the time \"201001050930\" reads as a date and a clock"),
        ("20100105093000,1,3,0.5,2,10", "line 4: the time \"20100105093000\" reads as a date and a clock"),
        ("2010-02-30,1,3,0.5,2,10", "line 4: the time \"2010-02-30\" cannot be read"),
        (",1,3,0.5,2,10", "line 4: the time \"\" cannot be read"),
        ("yesterday,1,3,0.5,2,10", "line 4: the time \"yesterday\" cannot be read"),
        ("99999999999999999999,1,3,0.5,2,10", "line 4: the time \"99999999999999999999\" cannot be read"),
        ("2010-01-05,1,3,\"0,5\",2,10", "line 4: low is \"0,5\", must be a number with a decimal point"),
        ("\u{0}\u{1},1,3,0.5,2,10", "line 4: the time"),
    ]) func aWrongLineIsNamedWithItsNumber(line: String, words: String) throws {
        let found = try #require(try problem(Self.good + line + "\n"))
        #expect(found.count == 1)
        #expect(found.description.hasPrefix(words), "\(found)")
    }

    @Test(arguments: [
        ("", "the file has no bars"),
        ("\n\n", "the file has no bars"),
        ("date,open,high,low,close\n", "the file has no bars"),
        ("date,open,high,close\n2010-01-04,1,2,3\n", "line 1: no column for low"),
        ("when,open,high,low,close\n1,1,2,3,1\n", "line 1: no column for the time"),
        ("date,open,open,high,low,close\n", "line 1: \"open\" stands in the header twice"),
        ("hello\n", "line 1: 1 fields, and no header"),
        (String(repeating: "x", count: 400_000), "line 1 is longer than"),
    ]) func aFileThatIsNoTableIsRefused(text: String, words: String) throws {
        let found = try #require(try problem(text))
        #expect(found.description.hasPrefix(words), "\(found)")
    }

    @Test func everyFindingCountsAndTwentyAreShown() throws {
        let lines = (0..<50).map { _ in "2010-01-05,1,3,0.5,x,10\n" }.joined()
        let found = try #require(try problem(Self.good + lines))
        #expect(found.count == 50)
        #expect(found.findings.count == 20)
        #expect(found.description.hasSuffix("and 30 more"))
        #expect(found.findings[19].hasPrefix("line 23:"))
    }

    @Test func aMissingFileAndADirectoryAreNamed() throws {
        #expect(throws: ImportProblem.self) { try CSVReader.read(folder.path + "/none.csv") { _ in } }
        #expect(throws: ImportProblem.self) { try CSVReader.read(folder.path) { _ in } }
    }

    private func gzip(_ text: [UInt8], to name: String, mode: String = "wb") throws -> String {
        let path = folder.path + "/" + name
        let handle = try #require(gzopen(path, mode))
        #expect(gzwrite(handle, text, UInt32(text.count)) == text.count)
        #expect(gzclose(handle) == 0)
        return path
    }

    @Test func aPackedFileReadsLikeAPlainOne() throws {
        let plain = try [UInt8](Data(contentsOf: URL(fileURLWithPath: Fixture.path("synth_walk.csv"))))
        let packed = try gzip(plain, to: "walk.csv.gz")
        #expect(try CSVReader.read(packed) { _ in } == Fixture.table("synth_walk"))
    }

    @Test func aDamagedPackedFileIsRefused() throws {
        let plain = try [UInt8](Data(contentsOf: URL(fileURLWithPath: Fixture.path("synth_walk.csv"))))
        let packed = try gzip(plain, to: "walk.csv.gz")
        var bytes = try Data(contentsOf: URL(fileURLWithPath: packed))
        for index in bytes.count / 2..<bytes.count / 2 + 200 { bytes[index] = 0x55 }
        try bytes.write(to: URL(fileURLWithPath: packed))
        #expect(throws: ImportProblem.self) { try CSVReader.read(packed) { _ in } }
    }

    private func cut(_ path: String, to count: (Data) throws -> Int) throws -> ImportProblem? {
        let bytes = try Data(contentsOf: URL(fileURLWithPath: path))
        let file = folder.path + "/cut.csv.gz"
        try bytes.prefix(count(bytes)).write(to: URL(fileURLWithPath: file))
        do throws(ImportProblem) {
            _ = try CSVReader.read(file) { _ in }
            return nil
        } catch {
            return error
        }
    }

    @Test func aPackedFileThatIsCutOffIsRefusedWhereverTheCutIs() throws {
        let plain = try [UInt8](Data(contentsOf: URL(fileURLWithPath: Fixture.path("synth_walk.csv"))))
        let packed = try gzip(plain, to: "walk.csv.gz")
        // The last eight bytes are the checksum and the length: all of the text is there, and whether it is the text
        // that was packed nobody knows.
        for share in [{ $0 - 1 }, { $0 - 8 }, { $0 - 9 }, { $0 / 2 }, { $0 / 4 }, { _ in 15 }] as [(Int) -> Int] {
            let refusal = try cut(packed) { bytes in share(bytes.count) }
            let found = try #require(refusal)
            #expect(found.description.contains("the file ends in the middle of its compressed data"), "\(found)")
        }
        // Not compressed, so that the cut can be made inside the last field: 17000 would be read as 17.
        let stored = try gzip(Array((Self.good + "2010-01-05,1,3,0.5,2,17000\n").utf8), to: "stored.gz", mode: "wb0")
        let refusal = try cut(stored) { bytes in
            try #require(bytes.range(of: Data("17000".utf8))).lowerBound + 2
        }
        let found = try #require(refusal)
        #expect(found.description.contains("the file ends in the middle of its compressed data"), "\(found)")
    }

    @Test func progressComesToTheEndOfTheFile() throws {
        var reports: [ImportProgress] = []
        _ = try CSVReader.read(Fixture.path("synth_walk.csv")) { reports.append($0) }
        let last = try #require(reports.last)
        #expect(last.bars == 2000)
        #expect(last.bytesRead == last.bytesTotal)
        #expect(last.bytesTotal == 86_690)
    }

    @Test func numbersAreReadAsTheNearestDouble() {
        var generator = SeededGenerator(seed: 20)
        for _ in 0..<20_000 {
            let digits = Int.random(in: 0...12, using: &generator)
            let whole = UInt64.random(in: 0...999_999_999, using: &generator)
            let text = digits == 0 ? "\(whole)" : "\(whole % 10_000).\(String(whole).suffix(digits))"
            #expect(FieldParser.number(ArraySlice(text.utf8)) == Double(text))
        }
        for text in ["", ".", "-", "1.2.3", "0x10", "1,5", "١", "+", "e5", "inf", "1 2"] {
            #expect(FieldParser.number(ArraySlice(text.utf8)) == nil, "\(text)")
        }
    }

    @Test func anyBytesAreReadOrRefused() throws {
        var generator = SeededGenerator(seed: 21)
        let alphabet = Array("0123456789-.,;:TZ\"\n\r ehopnligw\u{FF}\u{0}".utf8)
        for _ in 0..<400 {
            let length = Int.random(in: 0...200, using: &generator)
            var bytes = Array(Bool.random(using: &generator) ? Self.good.utf8 : "".utf8)
            for _ in 0..<length { bytes.append(alphabet.randomElement(using: &generator) ?? 0) }
            let path = folder.path + "/any"
            try Data(bytes).write(to: URL(fileURLWithPath: path))
            _ = try? CSVReader.read(path) { _ in }
        }
    }
}

@Suite struct TimeframeLabelTests {
    private func times(_ days: [Double]) -> [Int64] { days.map { Int64($0 * 86_400_000) } }

    private static let minutes: [(String, Int)] = [
        ("1m", 1), ("5m", 5), ("15m", 15), ("1h", 60), ("4h", 240), ("1d", 1440), ("1w", 10_080), ("1mo", 43_200),
        ("1mo", 44_640), ("3mo", 131_040), ("1y", 525_600),
    ]

    @Test(arguments: minutes) func theNameThatFitsTheBarsIsFound(label: String, minutes: Int) {
        let bars = (0..<20).map { Int64($0 * minutes) * 60_000 }
        #expect(TimeframeLabel.better(than: label, for: bars) == nil)
        #expect(TimeframeLabel.better(than: "10s", for: bars) == label)
    }

    @Test func nightsAndWeekendsDoNotCount() {
        // Mondays to Fridays, seven hours each.
        let days = (0..<30).filter { $0 % 7 < 5 }
        let hours = days.flatMap { day in (9..<16).map { Int64(day * 24 + $0) * 3_600_000 } }
        #expect(TimeframeLabel.better(than: "1h", for: hours) == nil)
        #expect(TimeframeLabel.better(than: "1d", for: hours) == "1h")
        #expect(TimeframeLabel.better(than: "1d", for: days.map { Int64($0) * 86_400_000 }) == nil)
    }

    @Test func whatNobodyCanSayIsLeftAlone() {
        #expect(TimeframeLabel.better(than: "1d", for: times([0, 0.1])) == nil)
        #expect(TimeframeLabel.better(than: "ticks", for: times([0, 1, 2])) == nil)
        #expect(TimeframeLabel.better(than: "99999999999999999999d", for: times([0, 1, 2])) == nil)
        #expect(TimeframeLabel.better(than: "1M", for: times([0, 31, 59])) == nil)
    }
}
