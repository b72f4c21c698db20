"""Bars of a request, for strategies in Python: stored data sets mapped, not copied; inline ones as they came.

    from market_data import bars
    bars(request["data"]).close

Where the strategy has imported numpy the columns are numpy arrays, else `memoryview`s or `array`s: each has a length,
an index, slices and `tolist()`. Standard library only; the file is described in MarketDataFiles.md.
"""

import datetime
import errno
import hashlib
import mmap
import os
import re
import struct
import sys
from array import array
from bisect import bisect_left, bisect_right

COLUMNS = ("time", "open", "high", "low", "close", "volume")
MILLISECONDS_PER_DAY = 86_400_000


class Refused(Exception):
    """A request that cannot be run as it stands: the result is `rejected`, with this code and message."""

    def __init__(self, code, message, retryable=False):
        super().__init__(message)
        self.code, self.message, self.retryable = code, message, retryable


class Bars:
    """Columns of one length: `time` in UTC milliseconds, prices and volume in floating point. Not to be written to."""

    def __init__(self, columns, version, warmup_bars=0):
        self.time, self.open, self.high, self.low, self.close, self.volume = columns
        #: `sha256:…` of a stored data set, None for inline bars.
        self.version = version
        #: How many of the first bars lie before `start`: they are to be looked at, nothing is traded in them.
        self.warmup_bars = warmup_bars

    def __len__(self):
        return len(self.time)


def bars(data):
    """The bars of a request's `data`: stored or inline ones, from `start` to `end` where it has these, and of those before
    `start` so many as `warmup_bars` says, or as there are.

    Raises Refused where there are none.
    """
    if not isinstance(data, dict):
        raise Refused("invalid_data", "data is missing; it names a data set, or holds the bars in data.inline")
    inline = data.get("inline")
    columns, version = _stored(data) if inline is None else (_inline(inline), None)
    first, beyond = _range(columns[0], data.get("start"), data.get("end"))
    warmup = data.get("warmup_bars") or 0
    if not isinstance(warmup, int) or warmup < 0:
        raise Refused("invalid_request", "data.warmup_bars must be an integer from 0 on")
    warmup = min(warmup, first)
    return Bars([column[first - warmup:beyond] for column in columns], version, warmup)


def _range(times, start, end):
    first = 0 if start is None else bisect_left(times, _milliseconds("start", start))
    beyond = len(times)
    if end is not None:
        last = _milliseconds("end", end)
        # A day as the end includes all of that day.
        beyond = bisect_right(times, last + (MILLISECONDS_PER_DAY - 1 if len(end) == 10 else 0))
    return first, max(first, beyond)


def _milliseconds(name, text):
    try:
        # Before Python 3.11 there is no Z, and a fraction has three or six digits.
        plain = re.sub(r"\.(\d+)", lambda digits: "." + (digits[1] + "000000")[:6], text.upper().replace("Z", "+00:00"))
        time = datetime.datetime.fromisoformat(plain)
        if len(text) == 10:
            time = time.replace(tzinfo=datetime.timezone.utc)
        epoch = datetime.datetime(1970, 1, 1, tzinfo=datetime.timezone.utc)
        return (time - epoch) // datetime.timedelta(milliseconds=1)
    except (AttributeError, TypeError, ValueError):
        raise Refused("invalid_request", f"data.{name} is no date like 2010-01-04 and no time in RFC 3339") from None


def _inline(inline):
    if not isinstance(inline, dict):
        raise Refused("invalid_data", "data.inline must be an object of columns")
    count = len(inline["time"]) if isinstance(inline.get("time"), list) else 0
    columns = []
    for name in COLUMNS:
        values = inline.get(name, [0.0] * count if name == "volume" else None)
        if not isinstance(values, list) or len(values) != count or count == 0:
            raise Refused("invalid_data", f"data.inline.{name} must be a list of as many numbers as data.inline.time")
        try:
            columns.append(_shown(array("q" if name == "time" else "d", values), name))
        except (TypeError, OverflowError):
            raise Refused("invalid_data", f"data.inline.{name} has a value that is no number") from None
    return columns


def _shown(column, name):
    # Whether a strategy gets arrays of numpy is its own choice, and none of the machine's: it has imported numpy.
    numpy = sys.modules.get("numpy")
    return column if numpy is None else numpy.frombuffer(column, dtype="<i8" if name == "time" else "<f8")


# Stored data sets -----------------------------------------------------------------------------------------------------

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}\Z")
_DIGEST = re.compile(r"[0-9a-f]{64}\Z")
_HEADER = struct.Struct("<8sIIQqqq")
_HEADER_BYTES = 64
_COLUMN = struct.Struct("<16sIIQQ")
# The last few stay mapped: their pages are the machine's, shared by all hosts.
_KEPT = 8
_mapped = {}


def _stored(data):
    dataset, timeframe = data.get("dataset"), data.get("timeframe", "1d")
    for name, value in (("dataset", dataset), ("timeframe", timeframe)):
        if not isinstance(value, str) or not _NAME.match(value):
            raise Refused("invalid_request", f"data.{name} must be a name of letters, digits, '.', '_' and '-'")
    folder = -1
    try:
        folder = _folder(dataset, timeframe)
        digest = _digest(data.get("version"), folder, dataset, timeframe)
        key = (dataset, timeframe, digest)
        columns = _mapped.pop(key, None) or _map(folder, digest, dataset)
    except OSError as error:
        # A link is as good as nothing.
        if error.errno not in (errno.ENOENT, errno.ENOTDIR, errno.ELOOP):
            raise
        raise Refused(
            "unknown_dataset", f"this node has no data set {dataset} ({timeframe}), or not this version of it", True
        ) from None
    finally:
        if folder >= 0:
            os.close(folder)
    _mapped[key] = columns
    while len(_mapped) > _KEPT:
        del _mapped[next(iter(_mapped))]
    return [_shown(column, name) for name, column in zip(COLUMNS, columns)], f"sha256:{digest}"


def _folder(dataset, timeframe):
    """A descriptor of the data set's directory. Nothing below the data root is opened through a link."""
    root = os.open(os.environ["OPTIMIZER_DATA_ROOT"], os.O_RDONLY | os.O_DIRECTORY)
    try:
        outer = os.open(dataset, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW, dir_fd=root)
    finally:
        os.close(root)
    try:
        return os.open(timeframe, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW, dir_fd=outer)
    finally:
        os.close(outer)


def _digest(version, folder, dataset, timeframe):
    if version is None:
        with open(_file("latest", folder), "rb") as file:
            digest = file.read(80).split(b"\n")[0].strip().decode("ascii", "replace")
        if not _DIGEST.match(digest):
            raise Refused("invalid_data", f"the file latest of {dataset} ({timeframe}) names no version", True)
        return digest
    if not isinstance(version, str) or not version.startswith("sha256:") or not _DIGEST.match(version[7:]):
        raise Refused("invalid_request", "data.version must be sha256: and 64 hexadecimal digits")
    return version[7:]


def _file(name, folder):
    return os.open(name, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK, dir_fd=folder)


def _map(folder, digest, dataset):
    with open(_file(digest + ".bars", folder), "rb") as file:
        try:
            mapping = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
        except ValueError:
            raise _damaged(dataset, "it is empty") from None
    if hashlib.sha256(mapping).hexdigest() != digest:
        raise _damaged(dataset, "its content has another hash")
    try:
        magic, header, count, rows, *_ = _HEADER.unpack_from(mapping)
        if magic != b"BARS0001" or header != _HEADER_BYTES or count != len(COLUMNS) or rows == 0:
            raise _damaged(dataset, "it does not begin like a column file")
        return [_column(mapping, index, rows, dataset) for index in range(count)]
    except struct.error:
        raise _damaged(dataset, "it is cut off") from None


def _column(mapping, index, rows, dataset):
    name, kind, _, offset, length = _COLUMN.unpack_from(mapping, _HEADER_BYTES + index * _COLUMN.size)
    wanted = COLUMNS[index]
    right = name.rstrip(b"\0").decode("ascii", "replace") == wanted and kind == (1 if wanted == "time" else 2)
    if not right or length != rows * 8 or offset % 64 or offset + length > len(mapping):
        raise _damaged(dataset, f"its column {wanted} does not lie where the file says")
    # The file is little-endian, as are the machines that a node runs on.
    return memoryview(mapping)[offset:offset + length].cast("q" if wanted == "time" else "d")


def _damaged(dataset, why):
    return Refused("invalid_data", f"the file of data set {dataset} is damaged: {why}; import it again", True)
