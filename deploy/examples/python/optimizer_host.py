"""The host side of the Optimizer's protocol for external strategies: JSON lines on standard input and output.

    from optimizer_host import serve_positions
    serve_positions(run)    # run(bars, **parameters) -> a position per bar, which the node's engine trades

    from optimizer_host import Refused, Retryable, log, serve
    serve(run)              # run(request) -> dict of what goes into the result

Standard library only. The protocol is described in ExternalStrategies.md.
"""

import faulthandler
import json
import os
import signal
import sys
import traceback

import market_data
from market_data import Refused

_LONGEST_MESSAGE = 1000
_LONGEST_DETAILS = 8000
# Of a line for the log 4,096 bytes are kept; what stands at a traceback's end says most.
_LONGEST_LOGGED = 3500
_LONGEST_LINE = 8 << 20
# Where no strategy lies; nor in directories like site-packages.
_FOREIGN = (os.path.dirname(os.__file__) + os.sep, __file__, "<frozen")


class Retryable(Exception):
    """Raised by a strategy that may succeed in another run: the node runs it again, as its `retry` says."""


class Request(dict):
    """A request as it came, and its bars."""

    def bars(self):
        """The bars that `data` names or brings, as `market_data.bars` gives them."""
        return market_data.bars(self.get("data"))


def log(message, level="info"):
    """Writes a line to the node's log, with the id of the running request. Only while a request runs."""
    _send({"log": {"level": level, "message": str(message)}})


def data_root():
    """The directory of the market data on this node."""
    return os.environ["OPTIMIZER_DATA_ROOT"]


def serve_positions(run):
    """Answers requests with what `run(bars, **parameters)` decides: the node's engine makes trades and figures of it.

    `run` returns the position wanted after each bar, 1, 0 or -1, None or NaN before its first decision; or a dict of
    `positions` or `signals` (lists of bars, or columns of booleans, under `entries`, `exits`, `short_entries`,
    `short_exits`) and, where it wants them, `stop_loss_pct`, `take_profit_pct` and `position_fraction`.
    """
    serve(lambda request: _orders(run, request))


def _orders(run, request):
    bars = request.bars()
    decided = run(bars, **(request["strategy"].get("parameters") or {}))
    orders = dict(decided) if isinstance(decided, dict) else {"positions": decided}
    if "positions" in orders:
        orders["positions"] = [_position(value) for value in _list(orders["positions"], "positions")]
    if isinstance(orders.get("signals"), dict):
        orders["signals"] = {name: _marked(_list(marks, name)) for name, marks in orders["signals"].items()}
        # Without it a node could not tell them from those of a strategy that counts from data.start.
        if bars.warmup_bars:
            orders["bars"] = len(bars)
    # What was decided on one version of the data is not traded on another that is imported meanwhile.
    return {**orders, "data_version": bars.version}


def _list(values, name):
    values = values.tolist() if hasattr(values, "tolist") else values
    if not isinstance(values, (list, tuple)):
        raise TypeError(f"run() returned a {type(values).__name__} for {name}, must be a list or an array")
    return values


def _position(value):
    # True is 1.
    return None if value is None or value != value else +value


def _marked(values):
    """The bars of a column of booleans; a list of bars as it is."""
    if not all(isinstance(value, bool) for value in values):
        return values
    return [bar for bar, value in enumerate(values) if value]


def serve(run):
    """Answers requests with what `run` returns for them, until the node closes the input."""
    global _output
    # The protocol gets a descriptor of its own, so that a print() in a strategy goes to the node's log instead.
    _output = os.dup(1)
    os.dup2(2, 1)
    sys.stdout = sys.stderr
    # At a deadline the node asks where this program is, and ends it then. No Python runs for the answer.
    faulthandler.register(signal.SIGUSR1, file=sys.stderr)
    _send({"ready": {"pipelining": True, "traceback_signal": True}})
    # Takes what is there, up to 64 KiB at once, and waits only where no whole line is. Each answer is written by itself
    # before the next request runs: one that lay here would be lost with the process, and its request blamed for what
    # the next one does.
    with open(0, "rb", buffering=1 << 16, closefd=False) as requests:
        for line in requests:
            _write(_answer(line, run))


def _answer(line, run):
    try:
        request = json.loads(line)
        if not isinstance(request, dict):
            raise ValueError("not an object")
    except ValueError as error:
        return _encode(_error("rejected", "invalid_json", f"the request is not valid JSON: {error}"))
    # A ping is an object with nothing else: a request may have a member of any name.
    if request.keys() == {"ping"}:
        return _encode({"pong": request["ping"]})
    identity = request.get("request_id")
    try:
        result = run(Request(request))
        if not isinstance(result, dict):
            raise TypeError(f"run() returned a {type(result).__name__}, must return a dict")
        text = _text({"request_id": identity, "status": "completed", **result})
        if len(text) < _LONGEST_LINE:
            return text
        reply = _error("failed", "result_too_large", f"the result has {len(text)} bytes of at most {_LONGEST_LINE - 1}")
    except Refused as refusal:
        reply = _error("rejected", refusal.code, refusal.message, refusal.retryable)
    except Exception as error:  # A strategy's mistake costs its own step, and no other.
        reply = _failure(error)
    return _encode({"request_id": identity, **reply})


def _failure(error):
    """What the result says of an exception; the log gets its traceback."""
    details = "".join(traceback.format_exception(type(error), error, error.__traceback__))
    log(_end(details, _LONGEST_LOGGED), "error")
    message = f"{_place(error)}{type(error).__name__}: {error}"[:_LONGEST_MESSAGE]
    reply = _error("failed", "strategy_failed", message, isinstance(error, Retryable))
    reply["error"]["details"] = _end(details, _LONGEST_DETAILS)
    return reply


def _place(error):
    """`file.py:23 `, the last frame of the strategy's own code; nothing where it is in none."""
    for frame in reversed(traceback.extract_tb(error.__traceback__)):
        if not frame.filename.startswith(_FOREIGN) and "-packages" + os.sep not in frame.filename:
            return f"{os.path.basename(frame.filename)}:{frame.lineno} "
    return ""


def _end(text, most):
    return text if len(text) <= most else "…" + text[1 - most:]


def _error(status, code, message, retryable=False):
    return {"status": status, "error": {"code": code, "message": message, "retryable": retryable}}


def _text(reply):
    """JSON of a reply. Numbers and arrays of numpy become those of Python; NaN and infinity, which JSON lacks, null."""
    try:
        return _encode(reply)
    except (TypeError, ValueError):
        return _encode(_plain(reply, ""))


def _plain(value, path):
    if value is None or isinstance(value, (str, bool, int)):
        return value
    if isinstance(value, float):
        return value if value - value == 0 else None
    if isinstance(value, dict):
        return {_key(name, path): _plain(member, f"{path}.{name}") for name, member in value.items()}
    if isinstance(value, (list, tuple)):
        return [_plain(element, f"{path}[{index}]") for index, element in enumerate(value)]
    # Of numpy, pandas and the like: a scalar or an array that can say what it is in Python.
    convert = getattr(value, "tolist", None) or getattr(value, "item", None)
    if convert is None:
        raise TypeError(f"{path[1:]} is of the type {type(value).__name__}, which has no form in JSON")
    return _plain(convert(), path)


def _key(name, path):
    name = getattr(name, "item", lambda: name)()
    if not isinstance(name, (str, int, float, bool, type(None))):
        raise TypeError(f"{path[1:] or 'the result'} has a key of the type {type(name).__name__}, must be a string")
    return name


# One encoder for all: json.dumps() makes one for each call that asks for more than the defaults. Line breaks inside
# texts are escaped, so one message is one line.
_encode = json.JSONEncoder(allow_nan=False, separators=(",", ":")).encode


def _send(message):
    _write(_encode(message))


def _write(text):
    rest = (text + "\n").encode()
    while rest:
        rest = rest[os.write(_output, rest):]


_output = None
