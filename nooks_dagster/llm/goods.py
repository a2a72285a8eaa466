"""Goods: what can be bought through the door, and all that the door must know of it.

Belongs here: the protocol. Does not: the goods themselves (`llm.texts`, `llm.speech`).
"""

from contextlib import AbstractContextManager
from datetime import date
from decimal import Decimal
from typing import Any, Protocol, TypeVar

from openai import APIResponse, OpenAI

from nooks_dagster.llm.asking import AnswerT_co, Wanted
from nooks_dagster.llm.client import Received
from nooks_dagster.llm.replies import Advice, Outcome

WantedT_contra = TypeVar("WantedT_contra", bound=Wanted, contravariant=True)


class Goods(Protocol[WantedT_contra, AnswerT_co]):
    """One kind of thing that is sold. Holds nothing of a purchase."""

    @property
    def advice(self) -> Advice:
        """Return what to say of refused requests."""
        ...

    def fingerprint(self, wanted: WantedT_contra) -> bytes:
        """Return the hash of all that is asked: the same is bought twice only by mistake."""
        ...

    def most(self, wanted: WantedT_contra, day: date) -> Decimal:
        """Return the most that it can cost, in USD.

        Raises:
            Permanent: Its model has no price on that day, or it cannot be sent.
        """
        ...

    def send(self, openai: OpenAI, wanted: WantedT_contra) -> AbstractContextManager[APIResponse[Any]]:
        """Send the request; the block that is entered reads the reply."""
        ...

    def read(self, wanted: WantedT_contra, received: Received) -> Outcome[AnswerT_co]:
        """Return what a reply of status 200 holds."""
        ...
