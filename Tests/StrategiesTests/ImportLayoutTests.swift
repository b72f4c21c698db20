import Foundation
import TestSupport
import Testing

@testable import Strategies

/// Files as exchanges, brokers and data vendors write them.
@Suite struct ImportLayoutTests {
    private let folder: TemporaryFolder

    init() throws { folder = try TemporaryFolder() }

    struct Layout: Sendable, CustomTestStringConvertible {
        let name: String
        let text: String
        var symbol: String?
        /// Seconds since midnight, where the bars are no days.
        var clock: [Int64] = [0, 0, 0]
        var volume: [Double] = [1000, 1200, 900]
        var testDescription: String { name }

        init(_ name: String, _ lines: String..., end: String = "\n") {
            self.name = name
            text = lines.joined(separator: end) + end
        }

        func symbol(_ symbol: String) -> Self { with { $0.symbol = symbol } }
        func volume(_ volume: [Double]) -> Self { with { $0.volume = volume } }
        func hours(_ hours: [Int64]) -> Self { with { $0.clock = hours.map { $0 * 3600 } } }

        private func with(_ change: (inout Self) -> Void) -> Self {
            var copy = self
            change(&copy)
            return copy
        }
    }

    /// 2024-01-11, 12 and 15: no date is the same with the month and the day the other way round.
    private static let days: [Int64] = [1_704_931_200, 1_705_017_600, 1_705_276_800]

    private static let vendors = [
        Layout(
            "yfinance since 0.2.51", "Price,Close,High,Low,Open,Volume", "Ticker,ABC,ABC,ABC,ABC,ABC", "Date,,,,,",
            "2024-01-11,102.5,103,99.5,101,1000", "2024-01-12,101.25,102.75,101,102.5,1200",
            "2024-01-15,104,104.5,101,101.25,900"),
        Layout(
            "yfinance grouped by ticker, two of them", "Ticker,XYZ,XYZ,XYZ,XYZ,XYZ,ABC,ABC,ABC,ABC,ABC",
            "Price,Open,High,Low,Close,Volume,Open,High,Low,Close,Volume", "Date,,,,,,,,,,",
            "2024-01-11,1,1,1,1,1,101,103,99.5,102.5,1000", "2024-01-12,1,1,1,1,1,102.5,102.75,101,101.25,1200",
            "2024-01-13,1,1,1,1,1,,,,,", "2024-01-15,1,1,1,1,1,101.25,104.5,101,104,900"
        ).symbol("ABC"),
        Layout(
            "Stooq bulk", "<TICKER>,<PER>,<DATE>,<TIME>,<OPEN>,<HIGH>,<LOW>,<CLOSE>,<VOL>,<OPENINT>",
            "ABC.US,D,20240111,000000,101,103,99.5,102.5,1000,0",
            "ABC.US,D,20240112,000000,102.5,102.75,101,101.25,1200,0",
            "ABC.US,D,20240115,000000,101.25,104.5,101,104,900,0"),
        Layout(
            "Dukascopy", "Gmt time,Open,High,Low,Close,Volume", "11.01.2024 00:00:00.000,101,103,99.5,102.5,1000",
            "12.01.2024 00:00:00.000,102.5,102.75,101,101.25,1200", "15.01.2024 00:00:00.000,101.25,104.5,101,104,900"),
        Layout(
            "Dukascopy in local time", "Local time,Open,High,Low,Close,Volume",
            "11.01.2024 01:00:00.000 GMT+0100,101,103,99.5,102.5,1000",
            "12.01.2024 01:00:00.000 GMT+0100,102.5,102.75,101,101.25,1200",
            "15.01.2024 01:00:00.000 GMT+0100,101.25,104.5,101,104,900"),
        Layout(
            "HistData, generic ASCII", "20240111 170000;101;103;99.5;102.5;1000",
            "20240112 180000;102.5;102.75;101;101.25;1200", "20240115 090000;101.25;104.5;101;104;900"
        ).hours([17, 18, 9]),
        Layout(
            "HistData and MetaTrader 4", "2024.01.11,17:00,101,103,99.5,102.5,1000",
            "2024.01.12,18:00,102.5,102.75,101,101.25,1200", "2024.01.15,09:00,101.25,104.5,101,104,900"
        ).hours([17, 18, 9]),
        Layout(
            "MetaTrader 5",
            "<DATE>\t<TIME>\t<OPEN>\t<HIGH>\t<LOW>\t<CLOSE>\t<TICKVOL>\t<VOL>\t<SPREAD>",
            "2024.01.11\t17:00:00\t101\t103\t99.5\t102.5\t1000\t0\t5",
            "2024.01.12\t18:00:00\t102.5\t102.75\t101\t101.25\t1200\t0\t5",
            "2024.01.15\t09:00:00\t101.25\t104.5\t101\t104\t900\t0\t5", end: "\r\n"
        ).hours([17, 18, 9]),
        Layout(
            "MetaTrader 5 of an exchange", "<DATE>\t<OPEN>\t<HIGH>\t<LOW>\t<CLOSE>\t<TICKVOL>\t<VOL>\t<SPREAD>",
            "2024.01.11\t101\t103\t99.5\t102.5\t7\t1000\t5", "2024.01.12\t102.5\t102.75\t101\t101.25\t7\t1200\t5",
            "2024.01.15\t101.25\t104.5\t101\t104\t7\t900\t5"),
        Layout(
            "CryptoDataDownload", "https://www.CryptoDataDownload.com",
            "unix,date,symbol,open,high,low,close,Volume BTC,Volume USD",
            "1705276800000,2024-01-15 00:00:00,BTC/USD,101.25,104.5,101,104,900,5",
            "1705017600,2024-01-12 00:00:00,BTC/USD,102.5,102.75,101,101.25,1200,5",
            "1704931200,2024-01-11 00:00:00,BTC/USD,101,103,99.5,102.5,1000,5"),
        Layout(
            "CryptoDataDownload of old, money first", "https://www.CryptoDataDownload.com",
            "Date,Symbol,Open,High,Low,Close,Volume USD,Volume BTC",
            "2024-01-15 12-AM,BTCUSD,101.25,104.5,101,104,5,900",
            "2024-01-12 11-PM,BTCUSD,102.5,102.75,101,101.25,5,1200",
            "2024-01-11 01-PM,BTCUSD,101,103,99.5,102.5,5,1000"
        ).hours([13, 23, 0]),
        Layout(
            "NASDAQ", "Date,Close/Last,Volume,Open,High,Low", "01/15/2024,$104.00,900,$101.25,$104.50,$101.00",
            "01/12/2024,$101.25,1200,$102.50,$102.75,$101.00", "01/11/2024,$102.50,1000,$101.00,$103.00,$99.50"),
        Layout(
            "investing.com", #""Date","Price","Open","High","Low","Vol.","Change %""#,
            #""01/15/2024","104.00","101.25","104.50","101.00","0.90K","2.72%""#,
            #""01/12/2024","101.25","102.50","102.75","101.00","1.20K","-1.22%""#,
            #""01/11/2024","102.50","101.00","103.00","99.50","1.00K","1.00%""#),
        Layout(
            "investing.com, day first, without volume", #""Date","Price","Open","High","Low","Vol.","Change %""#,
            #""15/01/2024","104.00","101.25","104.50","101.00","","2.72%""#,
            #""12/01/2024","101.25","102.50","102.75","101.00","-","-1.22%""#,
            #""11/01/2024","102.50","101.00","103.00","99.50","-","1.00%""#
        ).volume([0, 0, 0]),
        Layout(
            "Alpha Vantage", "timestamp,open,high,low,close,volume", "2024-01-15,101.25,104.5,101,104,900",
            "2024-01-12,102.5,102.75,101,101.25,1200", "2024-01-11,101,103,99.5,102.5,1000", end: "\r\n"),
        Layout(
            "Alpha Vantage by pandas", ",1. open,2. high,3. low,4. close,5. volume",
            "2024-01-15,101.25,104.5,101,104,900", "2024-01-12,102.5,102.75,101,101.25,1200",
            "2024-01-11,101,103,99.5,102.5,1000"),
        Layout(
            "Polygon", "ticker,volume,open,close,high,low,window_start,transactions",
            "ABC,1000,101,102.5,103,99.5,1704931200000000000,9",
            "ABC,1200,102.5,101.25,102.75,101,1705017600000000000,9",
            "ABC,900,101.25,104,104.5,101,1705276800000000000,9"),
        Layout(
            "Polygon's API", "v,vw,o,c,h,l,t,n", "1000,1,101,102.5,103,99.5,1704931200000,9",
            "1200,1,102.5,101.25,102.75,101,1705017600000,9", "900,1,101.25,104,104.5,101,1705276800000,9"),
        Layout(
            "Coinbase", "time,low,high,open,close,volume", "1705276800,101,104.5,101.25,104,900",
            "1705017600,101,102.75,102.5,101.25,1200", "1704931200,99.5,103,101,102.5,1000"),
        Layout(
            "Kraken", "1704931200,101,103,99.5,102.5,1000,9", "1705017600,102.5,102.75,101,101.25,1200,9",
            "1705276800,101.25,104.5,101,104,900,9"),
    ]

    private static let kinds = [
        Layout(
            "volume under another name", "Date,Open,High,Low,Close,Volume (shares)",
            "2024-01-11,101,103,99.5,102.5,1000",
            "2024-01-12,102.5,102.75,101,101.25,1200", "2024-01-15,101.25,104.5,101,104,900"),
        Layout(
            "one of two instruments", "Date,Symbol,Open,High,Low,Close,Volume",
            "2024-01-11,ABC,101,103,99.5,102.5,1000",
            "2024-01-11,XYZ,1,1,1,1,1", "2024-01-12,ABC,102.5,102.75,101,101.25,1200", "2024-01-14,XYZ,1,1,1,1,1",
            "2024-01-15,ABC,101.25,104.5,101,104,900", "2024-01-16,XYZ,1,1,1,1,1"
        ).symbol("ABC"),
        Layout(
            "words before and behind", "Prices of ABC, all rights reserved", "Currency;USD", "",
            "Date;Open;High;Low;Close;Volume;", "2024-01-11;101;103;99.5;102.5;1000;",
            "2024-01-12;102.5;102.75;101;101.25;1200;", "2024-01-15;101.25;104.5;101;104;900;", "",
            "Source: an exchange",
            "Prices are adjusted;for splits"),
        Layout(
            "thousands in quotes", "Date,Open,High,Low,Close,Volume",
            #""Jan 11, 2024",101.00,103.00,99.50,102.50,"1,000""#,
            #""Jan 12, 2024",102.50,102.75,101.00,101.25,"1,200""#,
            #""Jan 15, 2024",101.25,104.50,101.00,104.00,900"#),
        Layout(
            "months by name, clocks by halves", "Date,Time,Open,High,Low,Close,Volume",
            "11-Jan-2024,1:00 PM,101,103,99.5,102.5,1000", "12-Jan-2024,11:00 PM,102.5,102.75,101,101.25,1200",
            "15-Jan-2024,12:00 AM,101.25,104.5,101,104,900"
        ).hours([13, 23, 0]),
    ]

    private func read(_ layout: Layout, _ file: String) throws {
        let table = try CSVReader.read(file, symbol: layout.symbol) { _ in }
        #expect(table.time == zip(Self.days, layout.clock).map { ($0 + $1) * 1000 })
        #expect(table.open == [101, 102.5, 101.25])
        #expect(table.high == [103, 102.75, 104.5])
        #expect(table.low == [99.5, 101, 101])
        #expect(table.close == [102.5, 101.25, 104])
        #expect(table.volume == layout.volume)
    }

    @Test(arguments: vendors + kinds) func everyNumberOfEveryRowIsRead(_ layout: Layout) throws {
        try read(layout, folder.write(layout.text, to: "data.csv"))
    }

    @Test(arguments: vendors) func asUTF16Too(_ layout: Layout) throws {
        let file = folder.path + "/data.csv"
        for (encoding, mark) in [
            (String.Encoding.utf16LittleEndian, [0xFF, 0xFE]), (.utf16BigEndian, [0xFE, 0xFF]),
            (.utf16LittleEndian, []),
        ] as [(String.Encoding, [UInt8])] {
            try (Data(mark) + #require(layout.text.data(using: encoding))).write(to: URL(fileURLWithPath: file))
            try read(layout, file)
        }
    }

    @Test func utf16LongerThanABufferIsReadWhole() throws {
        let rows = (0..<40_000).map { "\(1_577_836_800 + $0 * 60),1,2,1,1.\($0 + 1)\n" }
        let text = "time,open,high,low,close,é\n" + rows.joined().replacing("\n", with: ",ü\n")
        let file = folder.path + "/long.csv"
        try #require(text.data(using: .utf16LittleEndian)).write(to: URL(fileURLWithPath: file))
        let table = try CSVReader.read(file) { _ in }
        #expect(table.count == 40_000)
        #expect(table.close == (0..<40_000).compactMap { Double("1.\($0 + 1)") })
    }

    private func problem(_ lines: [String], symbol: String? = nil) throws -> String? {
        let file = try folder.write(lines.joined(separator: "\n") + "\n", to: "wrong.csv")
        do throws(ImportProblem) {
            _ = try CSVReader.read(file, symbol: symbol) { _ in }
            return nil
        } catch {
            return error.description
        }
    }

    private static let header = "Date,Open,High,Low,Close,Volume"

    @Test(arguments: [
        (
            [header, "2024-01-02,998.10,999,990,998.50,1200", "2024-01-03,1,250.00,1,240.00,1,230.00,1,245.00,1300"],
            "line 3: 10 fields, the header has 6"
        ),
        (["2024-01-03,1,250.00,1,240.00,1,230.00,1,245.00,1300"], "line 1: 10 fields, and no header"),
        (["2024-01-03,1,250.00,1,240.00,1,230.00"], "line 1: 7 fields, and no header"),
        (
            [header, "2024-01-03,\"1,250\",\"1,260\",\"1,240\",\"1,255\",5"],
            "line 2: \"1,250\" reads as a thousand and as"
        ),
        (
            [header, "01/02/2024,1,1,1,1,5", "02/03/2024,1,1,1,1,5"],
            "line 2: \"01/02/2024\" reads with the month first and"
        ),
        ([header, "01/13/2024,1,1,1,1,5", "14/01/2024,1,1,1,1,5"], "line 2: \"01/13/2024\" has the month first and"),
        ([header, "2024-01-03,1,1,1,1,5", "Total,1,1,1,1,5"], "line 3: the time \"Total\" cannot be read"),
        ([header, "2024-01-03,1,1,1,1,5", "note", "2024-01-04,1,1,1,1,5"], "line 3: 1 fields, the header has 6"),
        ([header, "2024-01-03,1,1,1,1,5", "2024-01-0"], "line 3: 1 fields, the header has 6"),
        (["Ticker," + header, "AB,2024-01-03,1,1,1,1,5", "A"], "line 3: 1 fields, the header has 7"),
        (
            ["Time (EET),Open,High,Low,Close", "2024-01-03,1,1,1,1"],
            "line 1: the times are in EET; they must be in UTC"
        ),
        (["Price,Close,High,Low,Open", "2024-01-03,1,1,1,1"], "line 2: a header that begins with Price"),
        (["Open,High,Low,Close,", "1,1,1,1,2024-01-03"], "line 1: no column for the time"),
        (["Per," + header, "D,2024-01-03,1,1,1,1,5", "60,2024-01-04,1,1,1,1,5"], "line 3: the timeframe is \"60\""),
        (
            [header, "2024-01-04,1,1,1,1,5", "2024-01-03,1,1,1,1,5", "2024-01-05,1,1,1,1,5"],
            "line 3: the time 2024-01-03 is"
        ),
        (["PK\u{3}\u{4}", "x"], "the file is a zip file; unpack it first"),
        (["Title", "2024-01-03,1,1,1,1,5"], "line 1: 1 fields, and no header"),
    ]) func whatCannotBeTakenWholeIsRefusedForTheTrueReason(lines: [String], words: String) throws {
        let found = try #require(try problem(lines))
        #expect(found.hasPrefix(words), "\(found)")
    }

    @Test func severalInstrumentsAreNamedAndOneIsPicked() throws {
        let rows = ["Symbol,Date,Open,High,Low,Close", "AB,2024-01-03,1,1,1,1", "CD,2024-01-04,400,400,400,400"]
        let several = try #require(try problem(rows))
        #expect(several == "the file has 2 instruments (AB, CD), and a data set is of one; --symbol NAME picks it")
        #expect(try problem(rows, symbol: "CD") == nil)
        #expect(try problem(rows, symbol: "EF") == "the file has no instrument EF; it has AB, CD")
        #expect(
            try problem([Self.header, "2024-01-03,1,1,1,1,5"], symbol: "AB")?.contains("leave --symbol out") == true)
        let wide = [
            "Price,Close,High,Low,Open,Close,High,Low,Open", "Ticker,A,A,A,A,B,B,B,B", "Date,,,,,,,,", "2024-01-03,1",
        ]
        #expect(try problem(wide)?.contains("2 instruments (A, B)") == true)
    }

    @Test func whatIsPassedOverIsSaid() throws {
        let text = "Prices\n\(Self.header)\n2024-01-03,1,1,1,1,\n2024-01-04,1,1,1,1,5\nend\n"
        var said: [String] = []
        _ = try CSVReader.read(folder.write(text, to: "words.csv"), progress: { _ in }, warn: { said.append($0) })
        #expect(said.count == 3)
        #expect(said.contains { $0.contains("1 of the volumes") })
        #expect(said.contains { $0.contains("from line 5 on") })
    }
}
