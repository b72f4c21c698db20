"""Requests, and waiting for their results."""

from __future__ import annotations

import datetime
import difflib
import os
import time
import uuid
from collections import deque
from typing import Any, Iterable, Iterator, Mapping, NamedTuple, Optional, Union

from confluent_kafka import KafkaException, Message

from .connection import SLICE, Connection, Settings, log
from .errors import BadRequest, BadResponse, DeliveryError, OptimizerError
from .errors import RequestFailed, ResultTimeout, UnknownRequest
from .messages import Result, encode
from .sweeps import SweepProgram, SweepResult, left

#: A header of a request that its result and its dead letter carry again.
_CORRELATION = "correlation-id"
_WITHOUT_RESULT = (b"result_refused", b"result_too_large")


class Waited(NamedTuple):
    """Which futures have ended, and which not."""

    done: list[Future]
    not_done: list[Future]


class Future:
    """The result of a request that was sent. Nothing happens behind it: results are read while somebody waits."""

    def __init__(self, client: Client, request_id: str):
        self._client = client
        self._result: Optional[Result] = None
        self._error: Optional[OptimizerError] = None
        self._watchers: list[deque] = []
        self.request_id = request_id
        #: Where the request stands, as `topic[partition]@offset`.
        self.place = ""

    def __repr__(self) -> str:
        state = "waiting" if not self.done() else f"{self._error}" if self._result is None else self._result.status
        return f"<Future {self.request_id}: {state}>"

    def done(self) -> bool:
        """Whether it has ended, as far as was read."""
        return self._result is not None or self._error is not None

    def result(self, timeout: Optional[float] = None) -> Result:
        """Waits for the result.

        Raises: RequestFailed where it did not complete, ResultTimeout where nothing came in this many seconds.
        """
        error = self.exception(timeout)
        if error is not None:
            raise error
        assert self._result is not None
        return self._result

    def exception(self, timeout: Optional[float] = None) -> Optional[OptimizerError]:
        """Waits, and returns what `result` would raise; None where the request completed."""
        self._client._wait(self, timeout)
        return self._error

    def _end(self, result: Optional[Result], error: Optional[OptimizerError]) -> None:
        self._result, self._error = result, error
        for watcher in self._watchers:
            watcher.append(self)
        self._watchers = []


class Client:
    """A submitter of requests and reader of their results. For one thread at a time; close it, or use it in `with`.

    It joins no group and commits nothing, so any number may run beside each other. It reads what comes from when it
    was opened; where partitions are added to the results topic later, open a new one.

    Args:
        brokers: `host:port`, several with commas; else `OPTIMIZER_KAFKA_BOOTSTRAP_SERVERS`, else `localhost:9092`.
        properties: librdkafka's own, such as `security.protocol`, `sasl.username` and `ssl.ca.location`, over what
            `OPTIMIZER_KAFKA_CLIENT_…` gives; a secret may be `file:/path`.
        topics: names other than the default ones, of `requests`, `results`, `deadLetters` as in config/optimizer.yml
            (else `OPTIMIZER_KAFKA_TOPICS_…`). `{"deadLetters": None}` does without them, where they may not be read: a
            request whose result the results topic refuses then ends in a ResultTimeout.
        optimizer: the program that cuts and merges sweeps, where it is not in the PATH.
        data_root: `data.root` of that program: the data set of a sweep has to be there, to pin its version.
        config: the configuration of that program: a sweep over a strategy of your own has to find it there.
        connect_timeout: seconds for brokers to answer.
        delivery_timeout: seconds for them to acknowledge a request.
    """

    def __init__(
        self,
        brokers: Optional[str] = None,
        *,
        properties: Optional[Mapping[str, Any]] = None,
        topics: Optional[Mapping[str, Optional[str]]] = None,
        optimizer: Optional[str] = None,
        data_root: Optional[str] = None,
        config: Optional[str] = None,
        connect_timeout: float = 10,
        delivery_timeout: float = 30,
    ):
        self._settings = Settings(brokers, properties, topics)
        self._program = SweepProgram(self._settings, optimizer, data_root, config)
        self._pending: dict[str, Future] = {}
        self._turn = uuid.uuid4().int
        self._connection = Connection(self._settings, connect_timeout, delivery_timeout)

    def __enter__(self) -> Client:
        return self

    def __exit__(self, *_: Any) -> None:
        self.close()

    def close(self) -> None:
        """Ends the connection with its threads. Requests that were sent are run all the same."""
        self._connection.close()

    # Requests --------------------------------------------------------------------------------------------------------

    def run(self, request: Mapping[str, Any], timeout: Optional[float] = None, key: Optional[str] = None) -> Result:
        """Submits a request and waits for its result, as `submit` and `Future.result` do."""
        return self.submit(request, key).result(timeout)

    def submit(self, request: Mapping[str, Any], key: Optional[str] = None) -> Future:
        """Submits one request; see `submit_all`."""
        return self.submit_all([request], key)[0]

    def submit_all(self, requests: Iterable[Mapping[str, Any]], key: Optional[str] = None) -> list[Future]:
        """Sends requests, and returns when the brokers have acknowledged all of them.

        A request without a `request_id` gets one. Whether a request is right the node says, in its result.

        Args:
            key: the Kafka key; without one they go to the partitions in turn, for all nodes.
        Raises: BadRequest before anything is sent, DeliveryError for what was not acknowledged.
        """
        self._require_open()
        # All are looked at before the first is sent.
        ready = [self._prepare(request) for request in requests]
        futures: list[Future] = []
        failed: dict[Future, str] = {}
        try:
            for future, value in ready:
                self._produce(future, value, key, failed)
                futures.append(future)
        finally:
            # Also where it is interrupted: what has been sent is reported before anything else is.
            self._flush()
        if failed:
            raise self._undelivered(futures, failed)
        return futures

    def wait(self, futures: Iterable[Future], timeout: Optional[float] = None) -> Waited:
        """Waits until all have ended or the time is over."""
        futures = list(futures)
        try:
            for _ in self.as_completed(futures, timeout):
                pass
        except ResultTimeout:
            pass
        return Waited([each for each in futures if each.done()], [each for each in futures if not each.done()])

    def as_completed(self, futures: Iterable[Future], timeout: Optional[float] = None) -> Iterator[Future]:
        """The futures in the order in which they end.

        Raises: ResultTimeout where not all have ended after this many seconds.
        """
        deadline = None if timeout is None else time.monotonic() + timeout
        ended: deque[Future] = deque()
        count = 0
        for future in dict.fromkeys(futures):
            count += 1
            if future.done():
                ended.append(future)
            else:
                future._watchers.append(ended)
        for number in range(count):
            if not self._read_until(lambda: bool(ended), deadline):
                raise ResultTimeout(
                    f"{count - number} of {count} requests have no result within {timeout} s{self._silence()}"
                )
            yield ended.popleft()

    # Results ---------------------------------------------------------------------------------------------------------

    def results(self, since: Optional[datetime.datetime] = None) -> Iterator[Result]:
        """All results that are in the results topic now, whoever asked for them, by partition in their order.

        Args:
            since: only those published then or later; a time with its zone. (The embedded broker finds no times.)
        """
        for message in self._read(since):
            try:
                yield Result.parse(message.value(), _where(message))
            except BadResponse as error:
                log.warning("passed over: %s", error)

    def result(self, request_id: str, since: Optional[datetime.datetime] = None) -> Result:
        """The last result of a request that was submitted before, by anybody; whatever its status.

        Raises: UnknownRequest where the results topic has none.
        """
        found: Optional[Result] = None
        ids = set()
        for result in self.results(since):
            ids.add(result.request_id)
            if result.request_id == request_id:
                found = result
        if found is not None:
            return found
        near = difflib.get_close_matches(request_id, ids, n=1)
        raise UnknownRequest(
            f'{self._settings.topics["results"]} has no result of "{request_id}" among {len(ids)} requests'
            + (f'; did you mean "{near[0]}"?' if near else "")
            + "; it may still run, or its result is older than the topic keeps"
        )

    # Sweeps ----------------------------------------------------------------------------------------------------------

    def sweep(
        self, definition: Union[Mapping[str, Any], str, os.PathLike], timeout: Optional[float] = None
    ) -> SweepResult:
        """Submits a sweep, waits for all of its steps, and merges them.

        The program `optimizer` does this (`submit`, `results --sweep`): grids are cut and merged in one place only.
        A sweep that the topic holds is not sent again, so the same call goes on after an interruption.

        Args:
            definition: a dict, JSON, or the path of a file, as `optimizer submit` takes it.
        Raises: SweepFailed where it is refused or steps failed, ResultTimeout where steps have no result.
        """
        deadline = None if timeout is None else time.monotonic() + timeout
        return self.sweep_result(self._program.submit(definition, timeout), left(deadline))

    def submit_sweep(self, definition: Union[Mapping[str, Any], str, os.PathLike]) -> str:
        """Submits a sweep as `sweep` does, and returns its `optimization_id` for `sweep_result`."""
        return self._program.submit(definition, None)

    def sweep_result(self, optimization_id: str, timeout: Optional[float] = None) -> SweepResult:
        """Waits for all steps of a sweep that was submitted, by anybody, and merges them."""
        return self._program.result(optimization_id, timeout)

    # What is behind it -----------------------------------------------------------------------------------------------

    def _require_open(self) -> None:
        if self._connection.is_closed:
            raise OptimizerError("the client is closed; open another one")

    def _prepare(self, request: Mapping[str, Any]) -> tuple[Future, bytes]:
        if not isinstance(request, Mapping):
            raise BadRequest(f"a request is a {type(request).__name__}, must be a dict like request() makes")
        message = {"request_id": str(uuid.uuid4()), **request}
        return Future(self, str(message["request_id"])), encode(message)

    def _produce(self, future: Future, value: bytes, key: Optional[str], failed: dict[Future, str]) -> None:
        correlation = uuid.uuid4().hex
        places = self._connection.partitions
        self._turn += 1
        more: dict[str, Any] = {"key": key}
        if key is None:
            # librdkafka would put a whole burst on one partition, for one node.
            more = {"partition": places[self._turn % len(places)].partition}

        def delivered(error: Any, message: Message) -> None:
            future.place = _where(message)
            if error is not None:
                self._pending.pop(correlation, None)
                failed[future] = error.str()

        while True:
            try:
                self._pending[correlation] = future
                self._connection.producer.produce(
                    places[0].topic, value, headers=[(_CORRELATION, correlation)], on_delivery=delivered, **more
                )
                return
            except BufferError:
                # librdkafka's queue is full; an acknowledgement makes room.
                self._connection.producer.poll(SLICE)
            except KafkaException as error:
                del self._pending[correlation]
                failed[future] = error.args[0].str()
                return

    def _flush(self) -> None:
        # Each record is acknowledged or given up within delivery_timeout.
        while self._connection.producer.flush(SLICE):
            pass

    def _undelivered(self, futures: list[Future], failed: dict[Future, str]) -> DeliveryError:
        first, why = next(iter(failed.items()))
        error = DeliveryError(
            f"{len(failed)} of {len(futures)} requests were not acknowledged by {self._settings.topics['requests']}; "
            f"{first.request_id}: {why}{self._connection.problem}",
            {future.request_id: reason for future, reason in failed.items()},
            [future for future in futures if future not in failed],
        )
        for future in failed:
            future._end(None, error)
        return error

    def _wait(self, future: Future, timeout: Optional[float]) -> None:
        deadline = None if timeout is None else time.monotonic() + timeout
        if not self._read_until(future.done, deadline):
            raise ResultTimeout(
                f"{future.request_id} has no result within {timeout} s; it is at {future.place}{self._silence()}"
            )

    def _silence(self) -> str:
        return f"; optimizer lag says whether nodes work, and it can be waited for again{self._connection.problem}"

    def _read_until(self, holds: Any, deadline: Optional[float]) -> bool:
        """Reads results until something holds; False where the time is over before."""
        while not holds():
            self._require_open()
            seconds = left(deadline)
            message = self._connection.poll(SLICE if seconds is None else seconds)
            if message is not None:
                self._take(message)
            # Also where others' results come without a pause.
            if seconds == 0:
                return holds()
        return True

    def _take(self, message: Message) -> None:
        headers: dict[str, Any] = dict(message.headers() or [])
        # Whatever has a dead letter has its result too, but where no form of that was taken.
        is_dead = message.topic() == self._settings.topics["deadLetters"]
        if is_dead and headers.get("optimizer_error_code") not in _WITHOUT_RESULT:
            return
        future = self._pending.pop((headers.get(_CORRELATION) or b"").decode(errors="replace"), None)
        if future is None:
            return
        if is_dead:
            return future._end(None, _dead(future, message, headers))
        try:
            result = Result.parse(message.value(), _where(message))
        except BadResponse as bad:
            return future._end(None, bad)
        failure = None
        if not result.is_completed:
            failure = RequestFailed(future.request_id, result.status, result.error or {}, _where(message), result)
        future._end(result, failure)

    def _read(self, since: Optional[datetime.datetime]) -> Iterator[Message]:
        self._require_open()
        if since is None:
            return self._connection.read(None)
        if since.tzinfo is None:
            raise BadRequest("since has no zone; write for example datetime.now(timezone.utc) - timedelta(hours=1)")
        return self._connection.read(int(since.timestamp() * 1000))


def _where(message: Message) -> str:
    return f"{message.topic()}[{message.partition()}]@{message.offset()}"


def _dead(future: Future, message: Message, headers: Mapping[str, Any]) -> RequestFailed:
    def text(name: str) -> str:
        return (headers.get(f"optimizer_{name}") or b"").decode(errors="replace")

    error = {
        "code": text("error_code"), "message": text("error_message"), "retryable": text("retryable") == "true",
    }
    return RequestFailed(future.request_id, "failed", error, _where(message), None)
