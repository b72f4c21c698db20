import CBaseline
import Glibc
import Messages

/// The C loop and the memory it works in.
///
/// Safety: the columns are allocated in `init`, freed in `deinit`, and handed to C for the length of a call.
@safe
final class BaselineLoop {
    private let columns: UnsafeMutableBufferPointer<Double>
    private let trades: UnsafeMutableBufferPointer<baseline_trade>
    private var memory: baseline_run

    /// - Parameter csv: lines of date, open, high, low, close; the first is a header.
    init(csv: String) throws {
        let rows = try Self.rows(csv)
        let count = rows.count
        unsafe columns = .allocate(capacity: count * 7)
        unsafe columns.initialize(repeating: 0)
        unsafe trades = .allocate(capacity: count)
        unsafe trades.initialize(repeating: baseline_trade())
        let base = unsafe columns
        func column(_ index: Int) -> UnsafeMutableBufferPointer<Double> {
            unsafe UnsafeMutableBufferPointer(rebasing: base[index * count..<(index + 1) * count])
        }
        for (bar, row) in rows.enumerated() {
            unsafe column(0)[bar] = row.open
            unsafe column(1)[bar] = row.close
            unsafe column(2)[bar] = bar == 0 ? 0 : log(row.close / rows[bar - 1].close)
            unsafe column(3)[bar] = row.day
        }
        unsafe memory = baseline_run(
            open: column(0).baseAddress, close: column(1).baseAddress, log_return: column(2).baseAddress,
            days: column(3).baseAddress, equity: column(4).baseAddress, fast: column(5).baseAddress,
            slow: column(6).baseAddress, trades: trades.baseAddress, count: Int32(count))
    }

    deinit {
        unsafe columns.deallocate()
        unsafe trades.deallocate()
    }

    func run() -> baseline_figures { unsafe baseline_sma_crossover(&memory, 10, 20) }

    /// - Throws: where the host's reply has other figures than the loop: then the two do not do the same.
    func check(against reply: [UInt8]) throws {
        let figures = run()
        let statistics = try JSONValue.parse(reply)["statistics"]
        let pairs: [(String, Double)] = [
            ("equity_final", figures.equity_final), ("trade_count", Double(figures.trades)),
            ("sharpe_ratio", figures.sharpe), ("sortino_ratio", figures.sortino), ("beta", figures.beta),
            ("avg_drawdown_pct", figures.avg_drawdown), ("sqn", figures.sqn), ("kelly_criterion", figures.kelly),
            ("exposure_time_pct", figures.exposure), ("profit_factor_pnl", figures.profit_factor_pnl),
        ]
        for (name, value) in pairs {
            let other = statistics?[name]?.double ?? .nan
            guard abs(value - other) <= 1e-8 * max(1, abs(value)) else {
                throw RequestProblem(.internalError, "\(name) is \(other) here and \(value) in the C loop")
            }
        }
    }

    private struct Row {
        let day: Double
        let open: Double
        let close: Double
    }

    private static func rows(_ path: String) throws -> [Row] {
        guard let file = unsafe fopen(path, "r") else { throw RequestProblem(.invalidData, "cannot read \(path)") }
        defer { unsafe fclose(file) }
        var rows: [Row] = []
        var buffer = [CChar](repeating: 0, count: 512)
        while unsafe fgets(&buffer, Int32(buffer.count), file) != nil {
            let line = buffer.prefix { $0 != 0 && $0 != 10 && $0 != 13 }.map { UInt8(bitPattern: $0) }
            let fields = String(decoding: line, as: UTF8.self).split(separator: ",")
            guard fields.count >= 5, let open = Double(fields[1]), let close = Double(fields[4]),
                let time = Timestamp(rfc3339: fields[0] + "T00:00:00Z")
            else { continue }
            rows.append(Row(day: Double(time.milliseconds) / 86_400_000, open: open, close: close))
        }
        guard rows.count > 100 else { throw RequestProblem(.invalidData, "\(path) has no bars to measure with") }
        return rows
    }
}
