"""The host side of the Optimizer's protocol for external strategies: JSON lines on standard input and output.

    from optimizer_host import Refused, log, serve
    serve(run)          # run(request) -> dict of what goes into the result

Standard library only. The protocol is described in ExternalStrategies.md.
"""

import json
import os
import sys

import market_data
from market_data import Refused


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


def serve(run):
    """Answers requests with what `run` returns for them, until the node closes the input."""
    global _output
    # The protocol gets a descriptor of its own, so that a print() in a strategy goes to the node's log instead.
    _output = os.dup(1)
    os.dup2(2, 1)
    sys.stdout = sys.stderr
    _send({"ready": {"pipelining": True}})
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
    try:
        return _encode({"request_id": request.get("request_id"), "status": "completed", **run(Request(request))})
    except Refused as refusal:
        reply = _error("rejected", refusal.code, refusal.message, refusal.retryable)
    except Exception as error:  # A strategy's mistake costs its own step, and no other.
        reply = _error("failed", "strategy_failed", f"{type(error).__name__}: {error}")
    return _encode({"request_id": request.get("request_id"), **reply})


def _error(status, code, message, retryable=False):
    return {"status": status, "error": {"code": code, "message": message, "retryable": retryable}}


# One encoder for all: json.dumps() makes one for each call that asks for more than the defaults. NaN and infinity are no
# JSON. Line breaks inside texts are escaped, so one message is one line.
_encode = json.JSONEncoder(allow_nan=False, separators=(",", ":")).encode


def _send(message):
    _write(_encode(message))


def _write(text):
    rest = (text + "\n").encode()
    while rest:
        rest = rest[os.write(_output, rest):]


_output = None
