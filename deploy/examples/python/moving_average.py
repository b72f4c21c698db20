"""A moving-average crossover over stored or inline bars, as an external strategy of the Optimizer.

It decides at a close and trades at the next open: long while the fast average is above the slow one, else out of the
market (long_only) or short (long_short). The whole equity is invested at each entry, in fractions of a unit, and each
trade pays `commission` of its value.
"""

from optimizer_host import Refused, log, serve


def averages(values, period):
    """The simple moving average at every bar; None before there are enough bars."""
    total, result = 0.0, []
    for index, value in enumerate(values):
        total += value - (values[index - period] if index >= period else 0.0)
        result.append(total / period if index >= period - 1 else None)
    return result


def backtest(opens, closes, warmup, fast, slow, mode, cash, commission):
    fast_line, slow_line = averages(closes, fast), averages(closes, slow)
    equity, units, entry, trades, wanted = cash, 0.0, 0.0, [], 0
    peak, drawdown, curve = cash, 0.0, []
    for bar, (price, close) in enumerate(zip(opens, closes)):
        # What the averages see and nothing is traded in.
        if bar < warmup:
            continue
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
    bars = request.bars()
    count = len(bars)
    if count < slow + 2:
        raise Refused("insufficient_data", f"there are {count} bars, and {slow + 2} are needed for slow = {slow}")
    account = request.get("account") or {}
    cash = account.get("cash", 10000)
    # Lists of Python's own numbers: what takes one value after the other is slow on anything else.
    opens, closes = bars.open.tolist(), bars.close.tolist()
    curve, trades, drawdown = backtest(
        opens, closes, bars.warmup_bars, fast, slow, parameters.get("mode", "long_only"), cash, account.get("commission", 0.002))
    log(f"{count} bars, {len(trades)} trades", "debug")
    wins = sum(1 for trade in trades if trade > 0)
    return {
        "data": {"bars": count - bars.warmup_bars, "version": bars.version},
        "statistics": {
            "equity_final": curve[-1],
            "return_pct": (curve[-1] / cash - 1) * 100,
            "buy_hold_return_pct": (closes[-1] / closes[bars.warmup_bars] - 1) * 100,
            "max_drawdown_pct": drawdown * 100,
            "trade_count": len(trades),
            "win_rate_pct": wins / len(trades) * 100 if trades else None,
        },
    }


if __name__ == "__main__":
    serve(run)
