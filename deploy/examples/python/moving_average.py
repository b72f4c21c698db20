"""A moving-average crossover over inline bars, as an external strategy of the Optimizer.

It decides at a close and trades at the next open: long while the fast average is above the slow one, else out of the
market (long_only) or short (long_short). The whole equity is invested at each entry, in fractions of a unit, and each
trade pays `commission` of its value.
"""

from optimizer_host import Refused, log, serve

COLUMNS = ("time", "open", "high", "low", "close")


def averages(values, period):
    """The simple moving average at every bar; None before there are enough bars."""
    total, result = 0.0, []
    for index, value in enumerate(values):
        total += value - (values[index - period] if index >= period else 0.0)
        result.append(total / period if index >= period - 1 else None)
    return result


def bars_of(request):
    inline = (request.get("data") or {}).get("inline")
    if not isinstance(inline, dict):
        raise Refused("invalid_data", "data.inline is missing; this strategy takes inline bars only")
    columns = [inline.get(name) for name in COLUMNS]
    if any(not isinstance(column, list) for column in columns):
        raise Refused("invalid_data", "data.inline needs the lists " + ", ".join(COLUMNS))
    if len({len(column) for column in columns}) != 1:
        raise Refused("invalid_data", "the lists of data.inline differ in length")
    return dict(zip(COLUMNS, columns))


def backtest(bars, fast, slow, mode, cash, commission):
    fast_line, slow_line = averages(bars["close"], fast), averages(bars["close"], slow)
    equity, units, entry, trades, wanted = cash, 0.0, 0.0, [], 0
    peak, drawdown, curve = cash, 0.0, []
    for bar, (price, close) in enumerate(zip(bars["open"], bars["close"])):
        side = (units > 0) - (units < 0)
        if wanted != side:
            if side:
                cash += units * price - abs(units) * price * commission
                trades.append((price / entry - 1) * side - 2 * commission)
                units = 0.0
            if wanted and cash > 0:
                units, entry = wanted * cash / (price * (1 + commission)), price
                cash -= units * price + abs(units) * price * commission
        equity = cash + units * close
        peak = max(peak, equity)
        drawdown = min(drawdown, equity / peak - 1)
        curve.append(equity)
        if slow_line[bar] is not None and fast_line[bar] != slow_line[bar]:
            wanted = 1 if fast_line[bar] > slow_line[bar] else (-1 if mode == "long_short" else 0)
    return curve, trades, drawdown


def run(request):
    parameters = request["strategy"].get("parameters") or {}
    fast, slow = parameters.get("fast", 10), parameters.get("slow", 20)
    if fast >= slow:
        raise Refused("invalid_parameters", f"fast is {fast} and must be below slow, which is {slow}")
    bars = bars_of(request)
    count = len(bars["close"])
    if count < slow + 2:
        raise Refused("insufficient_data", f"there are {count} bars, and {slow + 2} are needed for slow = {slow}")
    account = request.get("account") or {}
    cash = account.get("cash", 10000)
    curve, trades, drawdown = backtest(
        bars, fast, slow, parameters.get("mode", "long_only"), cash, account.get("commission", 0.002))
    log(f"{count} bars, {len(trades)} trades", "debug")
    wins = sum(1 for trade in trades if trade > 0)
    return {
        "data": {"bars": count},
        "statistics": {
            "equity_final": curve[-1],
            "return_pct": (curve[-1] / cash - 1) * 100,
            "buy_hold_return_pct": (bars["close"][-1] / bars["close"][0] - 1) * 100,
            "max_drawdown_pct": drawdown * 100,
            "trade_count": len(trades),
            "win_rate_pct": wins / len(trades) * 100 if trades else None,
        },
    }


if __name__ == "__main__":
    serve(run)
