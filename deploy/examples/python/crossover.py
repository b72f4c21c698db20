"""A strategy that says what it wants to hold, and leaves the rest to the node's engine: with the same parameters its
trades and figures are those of the built-in `sma_crossover`.
"""

from optimizer_host import Refused, serve_positions


def sums(values, period):
    """Of the last `period` values at every bar; None before there are enough bars."""
    total, result = 0, []
    for bar, value in enumerate(values):
        total += value - (values[bar - period] if bar >= period else 0)
        result.append(total if bar >= period - 1 else None)
    return result


def run(bars, fast=10, slow=20):
    if fast >= slow:
        raise Refused("invalid_parameters", f"fast is {fast} and must be below slow, which is {slow}")
    # Whole millionths: their sums are exact, so that averages that touch do not seem to cross.
    closes = [round(close * 1_000_000) for close in bars.close.tolist()]
    position, before, positions = 0, None, []
    for bar, (one, other) in enumerate(zip(sums(closes, fast), sums(closes, slow))):
        difference = None if other is None else one * slow - other * fast
        # What crossed in the warm-up is not made up for, as the built-in strategy does not.
        if bar >= bars.warmup_bars and before is not None and before * difference < 0:
            position = 1 if difference > 0 else -1
        positions.append(position if before is not None else None)
        before = difference if before is None else difference or before
    return positions


if __name__ == "__main__":
    serve_positions(run)
