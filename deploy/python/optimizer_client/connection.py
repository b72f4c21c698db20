"""The settings of a client, and Kafka as it needs it: a producer, and consumers that join no group."""

from __future__ import annotations

import logging
import os
import time
from typing import Any, Iterator, Mapping, Optional

from confluent_kafka import OFFSET_BEGINNING, OFFSET_END, Consumer, KafkaError, KafkaException, Message, Producer
from confluent_kafka import TopicPartition

from .errors import BadRequest, BrokerError

log = logging.getLogger("optimizer_client")
log.addHandler(logging.NullHandler())

#: How long a call into librdkafka may block: an interrupt from the keyboard is noticed after it.
SLICE = 0.5

_TOPICS = {"requests": "optimizer.requests", "results": "optimizer.results", "deadLetters": "optimizer.dead-letters"}
_VARIABLES = {"requests": "REQUESTS", "results": "RESULTS", "deadLetters": "DEAD_LETTERS"}
_PROPERTIES = "OPTIMIZER_KAFKA_CLIENT_"

#: What mends itself, and is told only where nothing comes in time, is every other one.
_FINAL = {
    KafkaError.TOPIC_AUTHORIZATION_FAILED,
    KafkaError.UNKNOWN_TOPIC_OR_PART,
    KafkaError._UNKNOWN_TOPIC,
    KafkaError._UNKNOWN_PARTITION,
    KafkaError._FATAL,
}
#: Handed its partitions, a consumer has no use for the group it may not see.
_IGNORED = {KafkaError._PARTITION_EOF, KafkaError.GROUP_AUTHORIZATION_FAILED}


class Settings:
    """Brokers, librdkafka properties and topics: what is given, else the environment as the programs read it."""

    def __init__(
        self,
        brokers: Optional[str],
        properties: Optional[Mapping[str, Any]],
        topics: Optional[Mapping[str, Optional[str]]],
    ):
        self.brokers = brokers or os.environ.get("OPTIMIZER_KAFKA_BOOTSTRAP_SERVERS") or "localhost:9092"
        found = {
            name[len(_PROPERTIES):].lower().replace("_", "."): value
            for name, value in os.environ.items()
            if name.startswith(_PROPERTIES)
        }
        self.properties: dict[str, str] = {
            name: _text(name, value) for name, value in {**found, **(properties or {})}.items()
        }
        for name in topics or {}:
            if name not in _TOPICS:
                raise BadRequest(f'there is no topic called "{name}"; there are {", ".join(_TOPICS)}')
        named = {name: os.environ.get(f"OPTIMIZER_KAFKA_TOPICS_{_VARIABLES[name]}") for name in _TOPICS}
        self.topics: dict[str, Optional[str]] = {
            name: (topics or {}).get(name, named[name] or usual) for name, usual in _TOPICS.items()
        }
        if not self.topics["requests"] or not self.topics["results"]:
            raise BadRequest("only deadLetters may be None: requests are written and results are read")


def _text(name: str, value: Any) -> str:
    text = str(value).lower() if isinstance(value, bool) else str(value)
    if not text.startswith("file:/"):
        return text
    # As in the configuration of the programs: a secret in a file of its own.
    try:
        with open(text[len("file:"):], encoding="utf-8") as file:
            return file.read().removesuffix("\n")
    except (OSError, UnicodeError) as error:
        raise BadRequest(f"{name} names a file that cannot be read: {error}") from None


class Connection:
    """One client's handles; `close` ends every thread of them."""

    def __init__(self, settings: Settings, connect_timeout: float, delivery_timeout: float):
        self._settings = settings
        self._timeout = connect_timeout
        self._problem: Optional[str] = None
        self.consumer: Any = self._open(Consumer, self._reading())
        try:
            self.producer: Any = self._open(Producer, self._writing(delivery_timeout))
            self._known = self._describe()
            self.partitions = self._partitions("requests")
            # Found before anything is sent: what is sent later can have no result before these.
            self.consumer.assign(self._ends())
        except BaseException:
            self.close()
            raise

    def close(self) -> None:
        """Ends every thread of librdkafka; what was not acknowledged may or may not be stored."""
        consumer, self.consumer = self.consumer, None
        if consumer is not None:
            consumer.close()
        # librdkafka's handle goes with the last reference.
        self.producer = None

    @property
    def is_closed(self) -> bool:
        return self.consumer is None

    @property
    def problem(self) -> str:
        """What librdkafka has last complained of, for an error that nothing else explains."""
        return f"; {self._problem}" if self._problem else ""

    def poll(self, seconds: float) -> Optional[Message]:
        """The next record of results or dead letters; None where none comes for so long, or for a moment."""
        message = self.consumer.poll(min(seconds, SLICE))
        if message is None or message.error() is None:
            return message
        self._check(message.error(), message.topic())
        return None

    def read(self, since_ms: Optional[int]) -> Iterator[Message]:
        """All results there are now, or those published since then, with a consumer of their own."""
        reader = self._open(Consumer, {**self._reading(), "enable.partition.eof": "true"})
        try:
            places = self._partitions("results")
            ends: dict[Any, Any] = {place.partition: place.offset for place in self._ask_ends(reader, places)}
            starts = [self._place(place, OFFSET_BEGINNING) for place in places]
            if since_ms is not None:
                starts = self._ask(
                    "ask for the offsets of a time",
                    lambda: reader.offsets_for_times([self._place(p, since_ms) for p in places], timeout=self._timeout),
                )
            # librdkafka says -1 where there is no record of that time or later.
            starts = [place for place in starts if place.offset != OFFSET_END]
            unread: set[Any] = {place.partition for place in starts if place.offset < ends[place.partition]}
            reader.assign([place for place in starts if place.partition in unread])
            yield from self._read(reader, unread, ends)
        finally:
            reader.close()

    def _read(self, reader: Any, unread: set[Any], ends: dict[Any, Any]) -> Iterator[Message]:
        deadline = time.monotonic() + self._timeout
        while unread:
            message = reader.poll(SLICE)
            if message is None:
                if time.monotonic() > deadline:
                    raise BrokerError(
                        f"nothing more of {self._settings.topics['results']} came within {self._timeout} s, "
                        f"and {len(unread)} partitions are not read to their end{self.problem}"
                    )
                continue
            deadline = time.monotonic() + self._timeout
            error, partition, offset = message.error(), message.partition(), message.offset() or 0
            if error is not None:
                # What the end promised may be markers, which no consumer gets.
                if error.code() == KafkaError._PARTITION_EOF:
                    unread.discard(partition)
                else:
                    self._check(error, message.topic())
            elif offset < ends[partition]:
                if offset + 1 == ends[partition]:
                    unread.discard(partition)
                yield message

    # Setting up ------------------------------------------------------------------------------------------------------

    def _common(self) -> dict[str, Any]:
        return {
            "bootstrap.servers": self._settings.brokers,
            "client.id": "optimizer-python",
            "error_cb": self._note,
            "logger": log,
            **self._settings.properties,
        }

    def _reading(self) -> dict[str, Any]:
        # The library wants a name even where no group is joined; nothing is stored under it.
        fixed = {"enable.auto.commit": "false", "enable.auto.offset.store": "false", "auto.offset.reset": "earliest"}
        return {"group.id": "optimizer-reader", "fetch.wait.max.ms": "100", **self._common(), **fixed}

    def _writing(self, delivery_timeout: float) -> dict[str, Any]:
        fixed = {
            "enable.idempotence": "true",
            "partitioner": "murmur2_random",
            "message.timeout.ms": str(int(delivery_timeout * 1000)),
        }
        return {"linger.ms": "0", **self._common(), **fixed}

    def _open(self, kind: Any, properties: dict[str, Any]) -> Any:
        try:
            return kind(properties)
        except KafkaException as error:
            raise BrokerError(f"librdkafka does not take the properties: {error.args[0].str()}") from None

    def _describe(self) -> Any:
        """All topics this user may see: asking for one by its name could create it."""
        try:
            return self.consumer.list_topics(timeout=self._timeout)
        except KafkaException as error:
            self.consumer.poll(0)
            raise BrokerError(
                f"no broker answers at {self._settings.brokers} within {self._timeout} s: "
                f"{error.args[0].str()}{self.problem}"
            ) from None

    def _partitions(self, name: str) -> list[TopicPartition]:
        topic = self._settings.topics[name] or ""
        known = self._known.topics.get(topic)
        if known is None or known.error is not None:
            raise BrokerError(
                f"the broker does not have, or does not show to this user, the topic {topic} (topics: {name}); "
                f"create it with: optimizer topics create --brokers {self._settings.brokers}; who may see it is in "
                "deploy/permissions.md"
            )
        return [TopicPartition(topic, partition) for partition in sorted(known.partitions)]

    def _ends(self) -> list[TopicPartition]:
        names = ["results"] + (["deadLetters"] if self._settings.topics["deadLetters"] else [])
        return self._ask_ends(self.consumer, [place for name in names for place in self._partitions(name)])

    def _ask_ends(self, consumer: Any, places: list[TopicPartition]) -> list[TopicPartition]:
        # Numbers, and not "the end": that would be found some time after records have been sent.
        def end(place: TopicPartition) -> TopicPartition:
            found = self._ask(
                f"ask for the end of {place.topic}",
                lambda: consumer.get_watermark_offsets(place, timeout=self._timeout, cached=False),
            )
            return self._place(place, found[1])

        return [end(place) for place in places]

    def _ask(self, what: str, ask: Any) -> Any:
        try:
            answer = ask()
        except KafkaException as error:
            raise BrokerError(f"cannot {what}: {error.args[0].str()}{self.problem}") from None
        if answer is None:
            raise BrokerError(f"cannot {what}: no answer within {self._timeout} s{self.problem}")
        return answer

    @staticmethod
    def _place(place: TopicPartition, offset: int) -> TopicPartition:
        return TopicPartition(place.topic, place.partition, offset)

    def _note(self, error: KafkaError) -> None:
        if error.code() not in _IGNORED:
            self._problem = error.str()

    def _check(self, error: KafkaError, topic: Optional[str]) -> None:
        if error.code() in _FINAL:
            raise BrokerError(f"cannot read {topic or 'the topics'}: {error.str()}; see deploy/permissions.md")
        self._note(error)
