"""From a parameter grid to the best set, as a notebook would have it: each `# %%` is a cell.

A node with the data set `synth_walk` and the program `optimizer` in the PATH are there after

    optimizer import deploy/data/synth_walk.csv --dataset synth_walk
    optimizer broker --bootstrap-file broker.address &
    optimizer run -b "$(cat broker.address)" &
    OPTIMIZER_KAFKA_BOOTSTRAP_SERVERS=$(cat broker.address) python3 deploy/python/example.py
"""

# %% Connect: the brokers are those of OPTIMIZER_KAFKA_BOOTSTRAP_SERVERS, else localhost:9092
from optimizer_client import Client, RequestFailed, request, to_dataframe

try:
    import pandas
except ImportError:
    pandas = None

client = Client()

# %% One backtest
result = client.run(
    request("sma_crossover", "synth_walk", parameters={"fast": 10, "slow": 20}, output={"equity_curve": "full"}),
    timeout=300,
)
figures = result.statistics
print(f"fast 10, slow 20: return {figures['return_pct']:.2f} %, Sharpe ratio {figures['sharpe_ratio']:.3f}")
if pandas:
    print(result.equity_curve().tail(3))

# %% Many, as they come
futures = client.submit_all(
    request("rsi_mean_reversion", "synth_walk", request_id=f"rsi-{period}", parameters={"period": period})
    for period in range(5, 30, 5)
)
results = [future.result() for future in client.as_completed(futures, timeout=300)]
best = max(results, key=lambda each: each.statistics["sharpe_ratio"])
print(f"{len(results)} backtests, the best is {best.request_id}")
if pandas:
    print(to_dataframe(results)[["period", "sharpe_ratio", "return_pct", "trade_count"]].sort_values("period"))

# %% What a node refuses says what is wrong
try:
    client.run(request("sma_crossover", "synth_walk", parameters={"fast": 0}), timeout=300)
except RequestFailed as error:
    print(f"{error.status}, {error.code}: {error.message}")

# %% A sweep: the nodes share its 10,679 sets
sweep = client.sweep(
    {
        "strategy": {"name": "sma_crossover", "parameters": {"direction": "long_only"}},
        "data": {"dataset": "synth_walk", "timeframe": "1d"},
        "parameters": [
            {"name": "fast", "min": 2, "max": 60, "step": 1},
            {"name": "slow", "min": 20, "max": 200, "step": 1},
        ],
        "parameter_constraints": [{"left": "fast", "operator": "less", "right": "slow"}],
        "objective": {"target": "sharpe_ratio", "extremum": "max"},
        "constraints": [{"target": "trade_count", "operator": "greaterOrEqual", "target_value": 6}],
        "out_of_sample": {"start": "2015-01-01"},
    },
    timeout=300,
)
best = sweep.best
print(f"{sweep.counts['evaluated']} sets, the best {best['parameters']}: Sharpe ratio {best['objective']:.3f}")
print(f"out of sample {best['out_of_sample']['sharpe_ratio']:.3f}")
if pandas:
    print(sweep.to_dataframe()[["fast", "slow", "objective", "out_of_sample.sharpe_ratio"]].head())
    print(sweep.heatmap().unstack().iloc[::20, ::40])

# %% What the results topic holds, whoever asked for it
print(sum(each.is_completed for each in client.results()), "results are completed")
client.close()
