import Configuration
import Hosting
import Scheduling
import System

/// The hosts of all external strategies, and the thread that looks after those with nothing to do.
final class ExternalPools: Sendable {
    /// By the strategy's index; nil for a built-in one.
    private let pools: [ExternalHosts?]
    private let policy: ExternalPolicy
    private let end: ThreadEnd

    /// What hosts with nothing to do may take to end by themselves, all together.
    private static let endMs = 500

    /// - Throws: `SystemFailure` when the system gives no descriptor.
    init(_ pools: [ExternalHosts], strategies: StrategyList, policy: ExternalPolicy) throws(SystemFailure) {
        var byIndex = [ExternalHosts?](repeating: nil, count: pools.isEmpty ? 0 : strategies.names.count + 1)
        for pool in pools { byIndex[strategies.index(of: pool.strategy.name)] = pool }
        self.pools = byIndex
        self.policy = policy
        end = try ThreadEnd()
    }

    /// The pools of a node with these settings.
    ///
    /// - Throws: `NodeFailure` when the system refuses what they need.
    convenience init(
        _ settings: NodeSettings, strategies: StrategyList, spawner: HostSpawner, reporter: StepReporter
    ) throws(NodeFailure) {
        let configuration = settings.configuration
        let pools = configuration.strategies.map { strategy in
            ExternalHosts(
                strategy, command: HostCommand(strategy, dataRoot: configuration.data.root),
                slotCount: settings.slotCount, policy: settings.externalPolicy, spawner: spawner, reporter: reporter)
        }
        do throws(SystemFailure) {
            try self.init(pools, strategies: strategies, policy: settings.externalPolicy)
        } catch {
            throw NodeFailure(error.description, code: ExitCode.software)
        }
    }

    var isEmpty: Bool { pools.isEmpty }

    /// The hosts that run this strategy; nil where it is built in.
    subscript(strategyIndex: Int) -> ExternalHosts? {
        strategyIndex < pools.count ? pools[strategyIndex] : nil
    }

    /// The thread's body.
    func run() {
        while end.mayGoOn {
            end.sleep(until: .now().adding(milliseconds: policy.lookMs))
            for case let pool? in pools where end.mayGoOn { pool.look() }
        }
    }

    /// Ends the thread and the hosts with nothing to do; the slots end what they have borrowed.
    func stop() {
        end.ask()
        let patience = MonotonicTime.now().adding(milliseconds: Self.endMs)
        for case let pool? in pools { pool.close(until: patience) }
    }
}
