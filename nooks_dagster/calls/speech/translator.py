"""Translating utterances by the door to paid models: some dozens in a question, each answered by its number.

Belongs here: that each utterance has its translation, and what becomes of the money. Does not: the prompt
(`calls.speech.translation`), which utterances are translated (`calls.stages.translate`).

An answer that does not fit is asked for again. Some fillers have no text in any language, however often one asks: at
the last try what there is is taken.
"""

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from functools import partial
from typing import Any

import psycopg
from pydantic import BaseModel

from nooks_dagster.calls.model import Task
from nooks_dagster.calls.speech.flights import fly
from nooks_dagster.calls.speech.translation import (
    VERSION,
    Translation,
    Translations,
    chunks,
    instructions,
    lines,
    most_tokens,
)
from nooks_dagster.calls.transcript import Utterance
from nooks_dagster.database.pool import Database
from nooks_dagster.llm.asking import Ask, Bought, Seller
from nooks_dagster.llm.outcomes import Malformed

PURPOSE = "calls/translate"
AT_ONCE = 2
"""Questions of one call under way."""
THREADS = 16
"""Questions of one process under way: a tenth of the calls are in another language, most of them one question."""


@dataclass(frozen=True, slots=True)
class Translated:
    """Texts by the `seq` of their utterances, and what was bought for them."""

    texts: Mapping[int, str] = field(repr=False)
    bought: Sequence[Bought[BaseModel]]


class Translator:
    """Translates utterances of calls. One of a process, used by many threads at once.

    Args:
        db: The platform's database.
        seller: The door.
        model: As the price table names it.
    """

    def __init__(self, db: Database, seller: Seller, model: str) -> None:
        self._db = db
        self._seller = seller
        self._model = model
        self._pool = ThreadPoolExecutor(THREADS, thread_name_prefix="translating")

    @property
    def version(self) -> str:
        """Return the model, and the version of the prompt."""
        return f"{self._model}/{VERSION}"

    def translate(self, task: Task, utterances: Sequence[Utterance], into: str) -> Translated:
        """Translate utterances of a call.

        Args:
            task: The call, in this worker's hands.
            utterances: In whatever languages.
            into: The language that is wanted (ISO 639-1).

        Raises:
            Malformed: An answer left an utterance out or made one up, before the last try; or it has no text at all.
            Failure: As `Seller.buy` tells; what was bought until then is settled.
        """
        works = (partial(self._bought, task, chunk, into) for chunk in chunks(utterances))
        end = fly(self._pool, works, AT_ONCE, lambda _number, _bought: task.tick())
        answers = [end.results[number] for number in sorted(end.results)]
        bought = [one for one, _texts in answers]
        if end.failures:
            self._waste(bought, "another part of the translation failed")
            raise end.failures[-1]
        return Translated({seq: text for _one, texts in answers for seq, text in texts.items()}, bought)

    def settle(self, conn: psycopg.Connection[Any], translated: Translated) -> None:
        """Settle what was bought, in the transaction that keeps it."""
        for bought in translated.bought:
            self._seller.settle(conn, bought)

    def _bought(self, task: Task, chunk: Sequence[Utterance], into: str) -> tuple[Bought[BaseModel], Mapping[int, str]]:
        """Return what was bought, and the texts in it that can be used: all, or some at the last try."""
        ask = self._ask(task, chunk, into)
        bought = self._seller.buy(ask, opening=task.check, stopped=task.stopped)
        answers = _answers(bought)
        texts = _usable(answers, {one.seq for one in chunk})
        if len(texts) == len(chunk) == len(answers) or (task.last and texts):
            return bought, texts
        self._waste([bought], "Malformed")
        wrong = Malformed("The translation does not have one text for each utterance.", subject=ask.subject)
        wrong.purchase, wrong.cost = bought.purchase, bought.cost
        raise wrong

    def _waste(self, bought: Sequence[Bought[BaseModel]], reason: str) -> None:
        with self._db.transaction() as conn:
            for one in bought:
                self._seller.settle(conn, one, reason)

    def _ask(self, task: Task, chunk: Sequence[Utterance], into: str) -> Ask:
        return Ask(
            kind="text",
            workspace=task.call.workspace,
            purpose=PURPOSE,
            subject=f"call {task.call.id}",
            instructions=instructions(into),
            input=lines(chunk),
            answer=Translations,
            model=self._model,
            max_output_tokens=most_tokens(chunk),
            cache_key=f"{PURPOSE}/{into}/{VERSION}",
            effort="none",
            live=task.live,
        )


def _answers(bought: Bought[BaseModel]) -> Sequence[Translation]:
    if not isinstance(bought.answer, Translations):
        raise TypeError("the seller answered in another shape than was asked")
    return bought.answer.translations


def _usable(answers: Sequence[Translation], wanted: Collection[int]) -> Mapping[int, str]:
    """Return the texts of utterances that have exactly one."""
    times = Counter(one.id for one in answers)
    texts = {one.id: one.text.replace("\0", "") for one in answers if one.id in wanted and times[one.id] == 1}
    return {seq: text for seq, text in texts.items() if text.strip()}
