import Messages
import Worker

/// What `submit --example` prints: it runs on the sample data.
enum SubmitExample: String, CaseIterable {
    case request, sweep
    case dataSets = "data-sets"
    case walkForward = "walk-forward"

    /// - Throws: that there is no example of this, and of what there is.
    static func print(_ kind: String) throws(CommandFailure) -> Int32 {
        guard let example = Self(rawValue: kind) else {
            let names = allCases.map(\.rawValue)
            throw .usage(
                "there is no example of a \"\(kind)\"\(nearestNameHint(to: kind, in: names)); there is one of a "
                    + names.joined(separator: ", and one of a "))
        }
        try DataWriter.write([example.text])
        Output.words("it runs on deploy/data/synth_walk.csv: optimizer import FILE --dataset synth_walk")
        return ExitCode.success
    }

    private var text: String {
        switch self {
        case .request:
            """
            {"request_id": "r-1", "strategy": {"name": "sma_crossover", "parameters": {"fast": 10, "slow": 20}},
             "data": {"dataset": "synth_walk", "timeframe": "1d"}, "output": {"trades": true}}
            """
        case .dataSets:
            """
            {
              "type": "optimization", "optimization_id": "robust",
              "strategy": {"name": "sma_crossover", "parameters": {"direction": "long_only"}},
              "data": [{"dataset": "synth_walk", "timeframe": "1d", "end": "2011-12-31"},
                       {"dataset": "synth_walk", "timeframe": "1d", "start": "2012-01-01", "end": "2014-06-30"},
                       {"dataset": "synth_walk", "timeframe": "1d", "start": "2014-07-01"}],
              "parameters": [{"name": "fast", "min": 2, "max": 40, "step": 2},
                             {"name": "slow", "min": 20, "max": 120, "step": 5}],
              "parameter_constraints": [{"left": "fast", "operator": "less", "right": "slow"}],
              "objective": {"target": "sharpe_ratio", "extremum": "max", "aggregate": "median"},
              "constraints": [{"target": "trade_count", "operator": "greaterOrEqual", "target_value": 3},
                              {"target": "return_pct", "operator": "greater", "target_value": 0, "aggregate": "mean"}]
            }
            """
        case .walkForward:
            """
            {
              "type": "optimization", "optimization_id": "walk",
              "strategy": {"name": "sma_crossover", "parameters": {"direction": "long_only"}},
              "data": {"dataset": "synth_walk", "timeframe": "1d"},
              "parameters": [{"name": "fast", "min": 2, "max": 40, "step": 2},
                             {"name": "slow", "min": 20, "max": 120, "step": 5}],
              "parameter_constraints": [{"left": "fast", "operator": "less", "right": "slow"}],
              "objective": {"target": "sharpe_ratio", "extremum": "max"},
              "walk_forward": {"kind": "rolling", "in_sample": {"bars": 500}, "out_of_sample": {"bars": 125},
                               "purge_bars": 5}
            }
            """
        case .sweep:
            """
            {
              "type": "optimization", "optimization_id": "sample",
              "strategy": {"name": "sma_crossover", "parameters": {"direction": "long_only"}},
              "data": {"dataset": "synth_walk", "timeframe": "1d"},
              "parameters": [{"name": "fast", "min": 2, "max": 60, "step": 1},
                             {"name": "slow", "min": 20, "max": 200, "step": 1}],
              "parameter_constraints": [{"left": "fast", "operator": "less", "right": "slow"}],
              "objective": {"target": "sharpe_ratio", "extremum": "max"},
              "constraints": [{"target": "trade_count", "operator": "greaterOrEqual", "target_value": 6}],
              "out_of_sample": {"start": "2015-01-01"}
            }
            """
        }
    }
}
