import Glibc

/// The layout of a column file: little-endian, immutable, named by the SHA-256 of its content.
///
/// A 64-byte header (magic `BARS0001`, UInt32 header size, UInt32 columns, UInt64 bars, Int64 interval in seconds,
/// Int64 first and last time), one 40-byte entry per column (16 bytes of name, UInt32 type, UInt32 zero, UInt64 offset,
/// UInt64 length in bytes), then the columns, each on a 64-byte boundary, so that a mapped file needs no copy.
enum ColumnFile {
    static let magic = Array("BARS0001".utf8)
    static let headerSize = 64
    static let entrySize = 40
    static let alignment = 64
    static let names = ["time", "open", "high", "low", "close", "volume"]
    /// More bars than this are no data set but a damaged header.
    static let maximumBars = 1 << 32

    enum ColumnType: UInt32 {
        case int64 = 1
        case float64 = 2
    }

    static func dataStart(columns: Int) -> Int { aligned(headerSize + columns * entrySize) }

    static func aligned(_ offset: Int) -> Int { (offset + alignment - 1) / alignment * alignment }

    /// The whole file for a table.
    static func encode(_ table: BarTable) -> [UInt8] {
        let count = table.count
        let stride = aligned(count * 8)
        let start = dataStart(columns: names.count)
        var bytes: [UInt8] = []
        bytes.reserveCapacity(start + stride * names.count)
        bytes.append(contentsOf: magic)
        append(UInt32(headerSize), to: &bytes)
        append(UInt32(names.count), to: &bytes)
        append(UInt64(count), to: &bytes)
        append(interval(table.time), to: &bytes)
        append(table.time.first ?? 0, to: &bytes)
        append(table.time.last ?? 0, to: &bytes)
        pad(&bytes, to: headerSize)
        for (index, name) in names.enumerated() {
            bytes.append(contentsOf: name.utf8)
            pad(&bytes, to: headerSize + index * entrySize + 16)
            append((index == 0 ? ColumnType.int64 : .float64).rawValue, to: &bytes)
            append(UInt32(0), to: &bytes)
            append(UInt64(start + index * stride), to: &bytes)
            append(UInt64(count * 8), to: &bytes)
        }
        pad(&bytes, to: start)
        unsafe table.time.withUnsafeBytes { unsafe bytes.append(contentsOf: $0) }
        for (index, column) in [table.open, table.high, table.low, table.close, table.volume].enumerated() {
            pad(&bytes, to: start + (index + 1) * stride)
            unsafe column.withUnsafeBytes { unsafe bytes.append(contentsOf: $0) }
        }
        return bytes
    }

    private static func interval(_ time: [Int64]) -> Int64 {
        unsafe time.withUnsafeBufferPointer { unsafe Int64((Calendar(time: $0).intervalDays * 86_400).rounded()) }
    }

    private static func pad(_ bytes: inout [UInt8], to length: Int) {
        bytes.append(contentsOf: repeatElement(0, count: max(0, length - bytes.count)))
    }

    private static func append(_ value: some FixedWidthInteger, to bytes: inout [UInt8]) {
        unsafe withUnsafeBytes(of: value.littleEndian) { unsafe bytes.append(contentsOf: $0) }
    }
}

/// Why a column file is not what it says it is.
struct ColumnFileProblem: Error, Equatable {
    let message: String
}

extension ColumnFile {
    /// The columns of a file's bytes, each checked against the file's size.
    static func columns(of file: UnsafeRawBufferPointer) throws(ColumnFileProblem) -> BarColumns {
        guard file.count >= dataStart(columns: names.count), unsafe file.prefix(8).elementsEqual(magic) else {
            throw ColumnFileProblem(message: "it does not begin like a column file")
        }
        let bars = unsafe file.loadUnaligned(fromByteOffset: 16, as: UInt64.self)
        let columnCount = unsafe Int(file.loadUnaligned(fromByteOffset: 12, as: UInt32.self))
        let header = unsafe Int(file.loadUnaligned(fromByteOffset: 8, as: UInt32.self))
        guard header == headerSize, columnCount == names.count, bars > 0, bars <= UInt64(maximumBars) else {
            throw ColumnFileProblem(message: "its header says \(columnCount) columns of \(bars) bars")
        }
        var offsets: [Int] = []
        for index in 0..<names.count { unsafe offsets.append(try offset(of: index, bars: Int(bars), in: file)) }
        func prices(_ index: Int) -> UnsafeBufferPointer<Double> {
            let bytes = unsafe UnsafeRawBufferPointer(rebasing: file[offsets[index]..<offsets[index] + Int(bars) * 8])
            return unsafe bytes.assumingMemoryBound(to: Double.self)
        }
        let time = unsafe UnsafeRawBufferPointer(rebasing: file[offsets[0]..<offsets[0] + Int(bars) * 8])
        return unsafe BarColumns(
            time: time.assumingMemoryBound(to: Int64.self), open: prices(1), high: prices(2), low: prices(3),
            close: prices(4))
    }

    private static func offset(of index: Int, bars: Int, in file: UnsafeRawBufferPointer) throws(ColumnFileProblem)
        -> Int
    {
        let entry = headerSize + index * entrySize
        let name = unsafe file[entry..<entry + 16].prefix { $0 != 0 }
        let type = unsafe file.loadUnaligned(fromByteOffset: entry + 16, as: UInt32.self)
        let offset = unsafe file.loadUnaligned(fromByteOffset: entry + 24, as: UInt64.self)
        let length = unsafe file.loadUnaligned(fromByteOffset: entry + 32, as: UInt64.self)
        let expected = index == 0 ? ColumnType.int64 : .float64
        guard unsafe name.elementsEqual(names[index].utf8), type == expected.rawValue, length == UInt64(bars * 8),
            offset % UInt64(alignment) == 0, offset <= UInt64(file.count), length <= UInt64(file.count) - offset
        else { throw ColumnFileProblem(message: "its column \(names[index]) does not lie where the file says") }
        return Int(offset)
    }

    /// What is wrong with the bars; nil when nothing is.
    static func firstProblem(in columns: BarColumns) -> String? {
        var previous: Int64?
        for bar in unsafe 0..<columns.time.count {
            guard unsafe BarTime.valid.contains(columns.time[bar]) else {
                return unsafe "bar \(bar): the time \(columns.time[bar]) is beyond the years 0 to 9999"
            }
            if let problem = unsafe BarCheck.problem(
                previous: previous, time: columns.time[bar], open: columns.open[bar], high: columns.high[bar],
                low: columns.low[bar], close: columns.close[bar], volume: 0)
            {
                return "bar \(bar): \(problem)"
            }
            previous = unsafe columns.time[bar]
        }
        return nil
    }
}
