"""A strategy that says what it wants to hold, and leaves the rest to the node's engine: with the same parameters its
trades and figures are those of the built-in `sma_crossover`.
"""

from math import nan

from optimizer_host import Refused, serve_positions


def averages(values, period):
    """The simple moving average at every bar; NaN before there are enough bars."""
    values = list(values)
    return [nan] * (period - 1) + [sum(values[end - period:end]) / period for end in range(period, len(values) + 1)]


def run(bars, fast=10, slow=20):
    if fast >= slow:
        raise Refused("invalid_parameters", f"fast is {fast} and must be below slow, which is {slow}")
    position, before, positions = 0, nan, []
    for one, other in zip(averages(bars.close, fast), averages(bars.close, slow)):
        difference = one - other
        if before * difference < 0:  # It has crossed; with NaN nothing is below anything.
            position = 1 if difference > 0 else -1
        positions.append(position if before == before else None)
        before = difference or before
    return positions


if __name__ == "__main__":
    serve_positions(run)
