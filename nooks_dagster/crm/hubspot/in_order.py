"""Several streams drawn at once, each by a thread of its own, and given on one after the other.

Belongs here: the threads and their end. Does not: what the streams bring.
"""

from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextvars import copy_context
from dataclasses import dataclass
from queue import Full, Queue
from threading import Event
from typing import Generic, TypeVar

T = TypeVar("T")

_LOOK = 0.5  # seconds between two looks whether anybody still wants what waits


@dataclass(frozen=True, slots=True)
class _End(Generic[T]):
    error: BaseException | None = None


def in_order(streams: Sequence[Iterator[T]], ahead: int) -> Iterator[T]:
    """Yield what the streams bring, in their order.

    Args:
        streams: A single one is drawn by the caller's own thread.
        ahead: How much of each stream may wait for its turn.
    """
    if len(streams) == 1:
        yield from streams[0]
        return
    stop = Event()
    queues: list[Queue[T | _End[T]]] = [Queue(ahead) for _ in streams]
    pool = ThreadPoolExecutor(len(streams))
    try:
        for stream, queue in zip(streams, queues, strict=True):
            pool.submit(copy_context().run, _draw, stream, queue, stop)  # its calls are its caller's
        for queue in queues:
            yield from _arrived(queue)
    finally:
        stop.set()
        pool.shutdown(wait=False)  # one may wait for an answer that nobody wants any more


def _arrived(queue: "Queue[T | _End[T]]") -> Iterator[T]:
    while True:
        item = queue.get()
        if not isinstance(item, _End):
            yield item
        elif item.error is None:
            return
        else:
            raise item.error


def _draw(stream: Iterator[T], queue: "Queue[T | _End[T]]", stop: Event) -> None:
    end: _End[T] = _End()
    try:
        for item in stream:
            _put(queue, item, stop)
            if stop.is_set():
                return
    except BaseException as error:  # noqa: BLE001 - it is the consumer's
        end = _End(error)
    _put(queue, end, stop)


def _put(queue: "Queue[T | _End[T]]", item: "T | _End[T]", stop: Event) -> None:
    while not stop.is_set():
        try:
            queue.put(item, timeout=_LOOK)
        except Full:
            continue
        return
