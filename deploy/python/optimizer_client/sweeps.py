"""Sweeps, which the program `optimizer` cuts into steps and merges: that is decided in one place only."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import time
from decimal import Decimal
from pathlib import Path
from typing import Any, Mapping, Optional, Union

from .connection import Settings
from .errors import BadRequest, BrokerError, OptimizerError, ResultTimeout, SweepFailed
from .messages import _pandas, encode, flat


class SweepResult(dict):
    """A merged sweep: the members that `optimizer results --sweep ID --json` writes, the common ones as properties."""

    @property
    def optimization_id(self) -> str:
        return self["optimization_id"]

    @property
    def top(self) -> list[dict]:
        """The best sets, best first: index, parameters, objective, statistics and out_of_sample of each."""
        return self["top"]

    @property
    def best(self) -> dict:
        """The best set; raises SweepFailed where none is ranked."""
        if not self.top:
            raise SweepFailed(f"no set of {self.optimization_id} is ranked: {self['counts']}", self)
        return self.top[0]

    @property
    def statistics(self) -> dict:
        """The figures of the best set."""
        return self.best["statistics"]

    @property
    def counts(self) -> dict:
        """How many sets were evaluated, skipped, failed, turned down by a constraint or without a value."""
        return self["counts"]

    @property
    def is_complete(self) -> bool:
        return self["steps"]["of"] > 0 and self["steps"]["completed"] == self["steps"]["of"]

    @property
    def answered(self) -> int:
        """How many steps have a result, a failure included."""
        return self["steps"]["completed"] + len(self["steps"]["failed"])

    def to_dataframe(self) -> Any:
        """A row for each of the best sets: parameters, objective, statistics, and `out_of_sample.<statistic>`."""
        rows = []
        for entry in self.top:
            kept = {f"out_of_sample.{name}": value for name, value in (entry["out_of_sample"] or {}).items()}
            row = {"index": entry["index"], "objective": entry["objective"]}
            rows.append(flat(row, entry["parameters"], {**entry["statistics"], **kept}))
        frame = _pandas().DataFrame(rows)
        return frame.set_index("index") if rows else frame

    def datasets_dataframe(self) -> Any:
        """A row for each of the best sets on each of several data sets: key figures, and `out_of_sample.<statistic>`.

        Their index is that of the set and the place of the data set in the sweep's list, from 0.
        """
        rows = []
        for entry in self.top:
            for place, own in enumerate(entry.get("datasets") or []):
                kept = {f"out_of_sample.{name}": value for name, value in (own["out_of_sample"] or {}).items()}
                row = {"index": entry["index"], "data": place, "dataset": own["dataset"], "objective": own["objective"]}
                rows.append(flat(row, entry["parameters"], {**own["statistics"], **kept}))
        frame = _pandas().DataFrame(rows)
        return frame.set_index(["index", "data"]) if rows else frame

    def heatmap(self) -> Any:
        """The objective of every set as a Series over its parameters; `heatmap().unstack()` is the map of two.

        A set that was drawn more than once has one row, that of its lowest number.
        Sweeps of at most 250,000 sets have one unless they say `"output": {"heatmap": false}`.
        """
        pandas = _pandas()
        cells = self.get("heatmap")
        if cells is None:
            raise BadRequest(f'{self.optimization_id} has no heat map; ask for it with "output": {{"heatmap": true}}')
        sets = [self._at(cell[2]) if len(cell) > 2 else self.parameters_of(cell[0]) for cell in cells]
        index = pandas.MultiIndex.from_tuples(
            [tuple(values.values()) for values in sets], names=[axis["name"] for axis in self["grid"]]
        )
        series = pandas.Series([cell[1] for cell in cells], index=index, name=self["objective"]["target"], dtype=float)
        return series[~index.duplicated()]

    def parameters_of(self, index: int) -> dict[str, Any]:
        """The swept parameters of a set by its number: mixed radix, the first parameter slowest.

        Of a sweep that draws its sets (`search.method`) only the heat map says where they are.
        """
        # Without it, or null: merged by an earlier version, of a whole grid.
        if (self.get("search") or {}).get("method", "grid") != "grid":
            for cell in self.get("heatmap") or []:
                if cell[0] == index:
                    return self._at(cell[2])
            raise BadRequest(f"{self.optimization_id} draws its sets, and has no set {index} in a heat map")
        places = []
        for axis in reversed(self["grid"]):
            index, place = divmod(index, axis["count"])
            places.append(place)
        return self._at(places[::-1])

    def _at(self, places: list[int]) -> dict[str, Any]:
        return {axis["name"]: _value(axis, place) for axis, place in zip(self["grid"], places)}


def _value(axis: Mapping[str, Any], place: int) -> Any:
    if "values" in axis:
        return axis["values"][place]
    if isinstance(axis["min"], int) and isinstance(axis["step"], int):
        return axis["min"] + place * axis["step"]
    first, last, step = (Decimal(repr(axis[name])).normalize() for name in ("min", "max", "step"))
    exponent = min((number.as_tuple().exponent for number in (first, last, step) if number), default=0)
    # In decimals, as the grid is numbered: 0.1, 0.2, 0.3 and not 0.30000000000000004.
    if all(_is_counted(number, exponent) for number in (first, last, step)):
        return float(first + place * step)
    return float(min(axis["min"] + place * axis["step"], axis["max"]))


def _is_counted(number: Decimal, exponent: int) -> bool:
    """Whether the engine counts in units of 10^exponent: in integers of 62 bits (`DecimalRange`)."""
    apart = number.as_tuple().exponent - exponent
    return not number or (apart <= 18 and abs(int(number.scaleb(-exponent))) <= (2**63 - 1) // 4)


class SweepProgram:
    """Runs `optimizer submit` and `optimizer results --sweep` with the settings of a client."""

    def __init__(
        self, settings: Settings, path: Optional[str], data_root: Optional[str], config: Optional[str] = None
    ):
        self._settings = settings
        self._path = path
        self._data_root = data_root
        self._config = config
        #: By the sweeps' ids, where the results topic ended before their first steps were sent.
        self._begins: dict[str, str] = {}

    def submit(self, definition: Union[Mapping[str, Any], str, os.PathLike], timeout: Optional[float]) -> str:
        """Sends the steps that the requests topic does not hold; of a sweep in rounds (`tpe`) it waits for all results.

        Returns: its optimization_id.
        """
        document = _document(definition)
        _check(document)
        ended = self._run(["submit", "-", "--json"], document, timeout, "submit the sweep")
        if ended.returncode != 0:
            raise _failure(ended)
        summary = json.loads(ended.stdout)
        if summary.get("results_from"):
            self._begins[summary["optimization_id"]] = summary["results_from"]
        return summary["optimization_id"]

    def result(self, optimization_id: str, timeout: Optional[float]) -> SweepResult:
        """Waits until every step has a result, and merges them."""
        words = ["results", "--sweep", optimization_id, "--json"]
        if optimization_id in self._begins:
            words += ["--from", self._begins[optimization_id]]
        if timeout is not None:
            words += ["--timeout-ms", str(max(1, int(timeout * 1000)))]
        # The program ends by itself; it is given time to say what is missing.
        ended = self._run(words, None, None if timeout is None else timeout + 30, f"merge {optimization_id}")
        merged = SweepResult(json.loads(ended.stdout)) if ended.stdout.strip() else None
        if ended.returncode == 0 and merged is not None:
            return merged
        # Of a sweep without any result nobody knows how many steps it has.
        if ended.returncode == 1 and merged and merged.answered < max(1, merged["steps"]["of"]):
            raise ResultTimeout(f"the sweep {optimization_id} is not complete in time: {_words(ended)}")
        raise _failure(ended, merged)

    def _run(
        self, words: list[str], document: Optional[bytes], timeout: Optional[float], what: str
    ) -> subprocess.CompletedProcess:
        settings = self._settings
        command = [self._find(), *words, "--brokers", settings.brokers]
        for name, topic in settings.topics.items():
            command += ["--set", f"kafka.topics.{name}={topic}"] if topic else []
        if self._config is not None:
            command += ["--config", self._config]
        if self._data_root is not None:
            command += ["--set", f"data.root={self._data_root}"]
        # Not as words of the command, which every user of the machine can see.
        environment = {**os.environ, **{_variable(name): value for name, value in settings.properties.items()}}
        given: dict[str, Any] = {"stdin": subprocess.DEVNULL} if document is None else {"input": document}
        try:
            return subprocess.run(command, capture_output=True, timeout=timeout, env=environment, **given)
        except subprocess.TimeoutExpired:
            raise ResultTimeout(f"{command[0]} did not {what} within {timeout} s") from None
        except OSError as error:
            raise OptimizerError(f"cannot run {command[0]}, which cuts and merges sweeps: {error}") from None

    def _find(self) -> str:
        found = self._path or shutil.which("optimizer")
        if found is None:
            raise OptimizerError(
                "sweeps are cut and merged by the program optimizer, which is not in the PATH; name it with "
                'Client(optimizer="/path/to/optimizer"); deploy/demo builds .build/release/optimizer'
            )
        return found


def left(deadline: Optional[float]) -> Optional[float]:
    """The seconds until a time of the monotonic clock; None where there is no end."""
    return None if deadline is None else max(0.0, deadline - time.monotonic())


def _document(definition: Union[Mapping[str, Any], str, os.PathLike]) -> bytes:
    if isinstance(definition, Mapping):
        return encode({"type": "optimization", **definition})
    if isinstance(definition, str) and definition.lstrip().startswith("{"):
        return definition.encode()
    try:
        return Path(definition).read_bytes()
    except (OSError, TypeError) as error:
        raise BadRequest(f"a sweep is a dict, JSON, or the path of a file: {error}") from None


def _check(document: bytes) -> None:
    """Refuses what would be sent, and of which there is no merged sweep to wait for."""
    try:
        members = json.loads(document)
    except ValueError:
        return  # The program says what is wrong.
    if isinstance(members, dict) and "walk_forward" in members:
        raise BadRequest(
            "a sweep with walk_forward is one for each window, which this client does not join: use "
            "`optimizer submit FILE` and `optimizer results --walk-forward ID --json`"
        )


def _variable(name: str) -> str:
    return "OPTIMIZER_KAFKA_CLIENT_" + name.upper().replace(".", "_")


def _failure(ended: subprocess.CompletedProcess, merged: Optional[SweepResult] = None) -> OptimizerError:
    # The exit codes of the README: no broker, and something must be set up first.
    return BrokerError(_words(ended)) if ended.returncode in (69, 78) else SweepFailed(_words(ended), merged)


def _words(ended: subprocess.CompletedProcess) -> str:
    text = ended.stderr.decode(errors="replace").strip()
    return text or f"optimizer ended with {ended.returncode} and said nothing"
