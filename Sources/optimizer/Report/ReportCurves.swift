import Configuration
import Messages
import Strategies

/// The best set and buy and hold, run over all bars on this machine.
struct ReportCurves {
    let times: [Int64]
    let best: [Double]
    let hold: [Double]
    let bestStatistics: JSONValue
    let holdStatistics: JSONValue
    /// What the two runs could not pay for, in words: a flat line that is no result.
    let dropped: (best: String?, hold: String?)

    enum Outcome {
        case computed(ReportCurves)
        /// Why not, for the page.
        case missing(String)
    }

    private struct Missing: Error {
        let reason: String
    }

    /// A page is to stay a page: of more data sets than this only the first are drawn.
    static let mostDrawn = 12

    /// The curves of each data set.
    ///
    /// - Parameters:
    ///   - definition: the sweep as it was submitted.
    ///   - merged: names the version of the data and the best set.
    ///   - configuration: has the strategies that are not built in; nil: there are none.
    static func compute(
        _ definition: JSONValue?, _ merged: JSONValue, dataRoot: String, _ configuration: OptimizerConfiguration? = nil
    ) -> [Outcome] {
        let count = merged["data"]?.elements?.count ?? 1
        return (0..<min(count, mostDrawn)).map { compute(definition, merged, dataRoot, configuration, data: $0) }
    }

    private static func compute(
        _ definition: JSONValue?, _ merged: JSONValue, _ dataRoot: String, _ configuration: OptimizerConfiguration?,
        data place: Int
    ) -> Outcome {
        let first = merged["top"]?.elements?.first
        guard let best = first?["index"]?.integer else {
            let reason = SweepSummary(merged: merged).whyNoneIsRanked ?? "No set is ranked."
            return .missing(reason + " So there is no curve to draw.")
        }
        guard let definition else {
            return .missing(
                "The sweep's request is no longer in the requests topic; --definition FILE names the sweep as it was "
                    + "submitted.")
        }
        do throws(Missing) {
            let plan = try plan(
                definition, merged, dataRoot, configuration.map { $0.strategies.map { $0.descriptor } } ?? [])
            guard (0..<plan.sweep.setCount).contains(best) else {
                throw Missing(reason: "The best set is not of this sweep.")
            }
            let host = HostedStrategies(dataRoot: dataRoot, engineVersion: ProductVersion.text)
            let own = configuration.flatMap { configuration in
                configuration.strategies.first { $0.name == plan.sweep.externalStrategy?.name }.map {
                    ($0, configuration)
                }
            }
            let one = try run(
                plan.backtest(ofSet: best, parameters: first?["parameters"]?.members, data: place), host, own)
            let other = try run(plan.backtest(ofSet: best, strategy: "buy_and_hold", data: place), host)
            guard one.times == other.times else { throw Missing(reason: "The two curves are not of the same bars.") }
            return .computed(
                ReportCurves(
                    times: one.times, best: one.equity, hold: other.equity, bestStatistics: one.statistics,
                    holdStatistics: other.statistics, dropped: (one.dropped, other.dropped)))
        } catch {
            return .missing(error.reason)
        }
    }

    /// The sweep over the very version of the data its results are of.
    private static func plan(
        _ definition: JSONValue, _ merged: JSONValue, _ dataRoot: String, _ external: [StrategyDescriptor]
    ) throws(Missing) -> SweepPlan {
        let data = merged["data"].map { $0.elements ?? [$0] } ?? []
        let pinned = SweptData.pinned(definition, to: data.map { $0["version"]?.string })
        do {
            let sweep = try SweepDocument.parse(
                Array(pinned.text.utf8), from: "the sweep", external: external)
            let plan = try SweepPlan(sweep, dataRoot: dataRoot)
            guard plan.versions.count == data.count else {
                throw Missing(reason: "The definition is that of another sweep, over other data sets.")
            }
            guard plan.id == merged["optimization_id"]?.string else {
                throw Missing(reason: "The definition is that of another sweep, \(plan.id).")
            }
            return plan
        } catch let error as RequestProblem {
            throw Missing(reason: "The curves cannot be computed on this machine: \(error.message)")
        } catch let error as CommandFailure {
            throw Missing(reason: "The curves cannot be computed on this machine: \(error.message)")
        } catch {
            throw (error as? Missing) ?? Missing(reason: "\(error)")
        }
    }

    /// - Parameter own: the strategy, where it is not built in.
    private static func run(
        _ request: [UInt8], _ host: HostedStrategies, _ own: (ExternalStrategy, OptimizerConfiguration)? = nil
    ) throws(Missing) -> (times: [Int64], equity: [Double], statistics: JSONValue, dropped: String?) {
        // Of very many bars it is a sampled one.
        let request = with(request, curve: "full")
        let reply: JSONValue?
        if let (strategy, configuration) = own {
            do throws(CommandFailure) {
                reply = try OwnStrategyRun.members(of: request, strategy, host, configuration)
            } catch {
                throw Missing(reason: "The curves cannot be computed on this machine: \(error.message)")
            }
        } else {
            reply = try? JSONValue.parse(host.run(request))
        }
        guard let reply, let curve = reply["equity_curve"], let times = curve["time"]?.elements,
            let equity = curve["equity"]?.elements, let statistics = reply["statistics"], times.count == equity.count,
            times.count > 1
        else {
            let reason = reply?["error"]?["message"]?.string ?? "the run gave no curve"
            throw Missing(reason: "The curves cannot be computed on this machine: \(reason)")
        }
        return (
            times.map { $0.string.flatMap(Self.milliseconds) ?? 0 }, equity.map { $0.double ?? .nan }, statistics,
            DroppedWords.of(reply["dropped_orders"])
        )
    }

    /// Of a bar, `2010-01-04` or RFC 3339.
    private static func milliseconds(_ time: String) -> Int64? {
        Timestamp(rfc3339: time.utf8.count == 10 ? time + "T00:00:00Z" : time)?.milliseconds
    }

    private static func with(_ request: [UInt8], curve: String) -> [UInt8] {
        guard let members = (try? JSONValue.parse(request))?.members else { return request }
        let output = JSONValue.object([JSONMember("equity_curve", .string(curve))])
        return Array(
            JSONValue.object(members.filter { $0.name != "output" } + [JSONMember("output", output)]).text.utf8)
    }

    /// How far below its peak a curve is, percent, at most 0.
    static func drawdown(_ equity: [Double]) -> [Double] {
        var peak = -Double.infinity
        return equity.map { value in
            peak = max(peak, value)
            return peak > 0 ? (value / peak - 1) * 100 : 0
        }
    }
}
