"""Streams that are drawn at once come one after the other, and end together."""

from collections.abc import Iterator
from threading import Event

import pytest

from nooks_dagster.crm.hubspot.in_order import in_order


def test_streams_are_drawn_at_once_and_come_in_order() -> None:
    second_began = Event()

    def first() -> Iterator[int]:
        assert second_began.wait(60)
        yield from range(5)

    def second() -> Iterator[int]:
        second_began.set()
        yield from range(5, 50)

    assert list(in_order([first(), second(), iter([50])], ahead=2)) == list(range(51))


def test_what_one_stream_meets_reaches_the_reader() -> None:
    def broken() -> Iterator[int]:
        yield 3
        raise KeyError("gone")

    drawn = in_order([iter([1, 2]), broken(), iter(range(9_000))], ahead=1)
    assert [next(drawn) for _ in range(3)] == [1, 2, 3]
    with pytest.raises(KeyError):
        next(drawn)


def test_a_reader_that_leaves_stops_all_streams() -> None:
    ended = [Event(), Event()]

    def endless(end: Event) -> Iterator[int]:
        try:
            while True:
                yield 1
        finally:
            end.set()

    drawn = in_order([endless(end) for end in ended], ahead=1)
    next(drawn)
    drawn.close()
    assert all(end.wait(60) for end in ended)
