"""Requests, results, and their forms as DataFrames."""

from __future__ import annotations

import json
from typing import Any, Iterable, Mapping, Optional, Union

from .errors import BadRequest, BadResponse


def request(
    strategy: str, data: Any = None, *, parameters: Optional[Mapping[str, Any]] = None, **members: Any
) -> dict[str, Any]:
    """A request, as `Client.submit` takes it.

    Args:
        strategy: its name; `optimizer strategies` lists them with their parameters.
        data: the name of a data set, a DataFrame of bars, or the whole member, such as
            `{"dataset": "spy", "timeframe": "1d", "start": "2015-01-01"}`.
        parameters: those that are not the strategy's defaults.
        members: others of a request, such as `account`, `output`, `limits`, `labels`, `request_id`.
    """
    made: dict[str, Any] = {"strategy": {"name": strategy, "parameters": dict(parameters or {})}, **members}
    if isinstance(data, str):
        made["data"] = {"dataset": data}
    elif data is not None:
        made["data"] = data if isinstance(data, Mapping) else bars(data)
    return made


def bars(frame: Any, timeframe: str = "1d") -> dict[str, Any]:
    """The `data` of a request with the bars of a DataFrame in it, for data that no node has.

    Its index are times (those without a zone are UTC), its columns Open, High, Low, Close and, where it is there,
    Volume, in any case. A request has to fit into a record of Kafka, mostly 1 MB: import larger data sets on the nodes.
    """
    columns = {str(name).lower(): name for name in getattr(frame, "columns", [])}
    missing = [name for name in ("open", "high", "low", "close") if name not in columns]
    if missing or not hasattr(frame.index, "tz"):
        raise BadRequest(
            "data must be the name of a data set, a dict, or a DataFrame with a DatetimeIndex and the columns Open, "
            f"High, Low and Close; this {type(frame).__name__} has {', '.join(map(str, columns.values())) or 'none'}"
        )
    pandas = _pandas()
    index = frame.index if frame.index.tz is None else frame.index.tz_convert("UTC").tz_localize(None)
    times = (index - pandas.Timestamp(0)) // pandas.Timedelta(milliseconds=1)
    inline = {"timeframe": timeframe, "time": times.tolist()}
    for name in ("open", "high", "low", "close", "volume"):
        if name in columns:
            inline[name] = frame[columns[name]].tolist()
    return {"inline": inline}


def encode(message: Mapping[str, Any]) -> bytes:
    """The JSON of a message; numbers and arrays of numpy become those of Python."""
    try:
        return json.dumps(message, allow_nan=False, separators=(",", ":"), default=_plain).encode()
    except (TypeError, ValueError) as error:
        name = message.get("request_id") or message.get("optimization_id")
        raise BadRequest(f"{name or 'the message'} cannot be written as JSON: {error}") from None


def _plain(value: Any) -> Any:
    if hasattr(value, "tolist"):
        return value.tolist()
    raise TypeError(f"a value is a {type(value).__name__}, must be text, a number, a list or a dict")


class Result(dict):
    """A result: its members as deploy/messages.md describes them, and the common ones as properties."""

    @classmethod
    def parse(cls, value: Optional[bytes], where: str) -> Result:
        """Reads a record of the results topic; raises BadResponse where it is no result."""
        try:
            members = json.loads(value or b"")
        except ValueError as error:
            raise BadResponse(f"the record at {where} is no result: {error}") from None
        if not isinstance(members, dict) or not all(
            isinstance(members.get(name), str) for name in ("request_id", "status")
        ):
            raise BadResponse(f"the record at {where} is no result: it lacks request_id or status")
        return cls(members)

    @property
    def request_id(self) -> str:
        return self["request_id"]

    @property
    def status(self) -> str:
        """`completed`, `failed`, `rejected`, `expired`, `crashed`, `timed_out`, `resource_exceeded` or `cancelled`."""
        return self["status"]

    @property
    def is_completed(self) -> bool:
        return self.status == "completed"

    @property
    def error(self) -> Optional[dict]:
        """Code, message and whether it is retryable; None where it is completed."""
        return self.get("error")

    @property
    def parameters(self) -> dict:
        """All of the strategy's, the defaults among them."""
        return (self.get("strategy") or {}).get("parameters") or {}

    @property
    def statistics(self) -> dict:
        """The figures; what has no value is None."""
        return self.get("statistics") or {}

    def trades(self) -> Any:
        """The closed trades as a DataFrame; the request must ask for `"output": {"trades": true}`."""
        pandas = _pandas()
        frame = pandas.DataFrame(self._asked_for("trades", "true"))
        for name in frame.columns.intersection(["entry_time", "exit_time"]):
            frame[name] = _times(pandas, frame[name])
        return frame

    def equity_curve(self) -> Any:
        """The equity as a Series over time; the request must ask for `"output": {"equity_curve": "full"}`."""
        pandas = _pandas()
        curve = self._asked_for("equity_curve", '"full"')
        times = curve["time"]
        # Results of a node of before have milliseconds.
        are_text = not times or isinstance(times[0], str)
        index = pandas.DatetimeIndex(_times(pandas, times)) if are_text else pandas.to_datetime(times, unit="ms")
        return pandas.Series(curve["equity"], index=index, name="equity")

    def _asked_for(self, name: str, value: str) -> Any:
        if self.get(name) is None:
            raise BadRequest(f'{self.request_id} has no {name}; ask for it with "output": {{"{name}": {value}}}')
        return self[name]


def to_dataframe(results: Union[Result, Iterable[Result]]) -> Any:
    """A row for each result, by request_id: status, strategy, parameters, statistics, and why it failed."""
    rows = [_row(result) for result in ([results] if isinstance(results, Result) else results)]
    frame = _pandas().DataFrame(rows)
    return frame.set_index("request_id") if rows else frame


def _row(result: Result) -> dict[str, Any]:
    error = result.error or {}
    row = {
        "request_id": result.request_id,
        "status": result.status,
        "error": error.get("message"),
        "strategy": (result.get("strategy") or {}).get("name"),
    }
    return flat(row, result.parameters, result.statistics)


def flat(row: dict[str, Any], parameters: Mapping[str, Any], statistics: Mapping[str, Any]) -> dict[str, Any]:
    """The columns of a row; a parameter that is called like another column is `parameters.<name>`."""
    taken = {**row, **statistics}
    named = {f"parameters.{name}" if name in taken else name: value for name, value in parameters.items()}
    return {**row, **named, **statistics}


def _times(pandas: Any, texts: Iterable[str]) -> list:
    """One by one: a bar at midnight is a date only, and one format would not do for all."""
    times = [pandas.Timestamp(text) for text in texts]
    return [time if time.tz is None else time.tz_convert(None) for time in times]


def _pandas() -> Any:
    try:
        import pandas
    except ImportError:
        raise ImportError("DataFrames need pandas: pip install pandas; the dicts are there without it") from None
    return pandas
