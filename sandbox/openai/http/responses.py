"""`POST /v1/responses`: from a checked request to an answer that is sold.

Belongs here: the order of things, and the troubles that a request may meet.
Does not: reading (`sandbox.openai.reader`), the form of the answer (`answers`), what comes of a reply (`watch`).
"""

import asyncio
import json
from collections.abc import Callable
from dataclasses import dataclass

from sandbox.openai.chance import UNBILLED, Fate, Trouble, draw
from sandbox.openai.http import errors
from sandbox.openai.http.answers import Output, input_tokens, response, within
from sandbox.openai.http.limits import Limits
from sandbox.openai.http.replies import Reply
from sandbox.openai.http.request import Asked, read_request
from sandbox.openai.http.waiting import Hangup, Receive, Sold, until
from sandbox.openai.models import Usage
from sandbox.openai.prompt_cache import PromptCache
from sandbox.openai.reader.reader import NO_QUESTION, Reader, Task, task_of
from sandbox.openai.sales import Sale, Sales
from sandbox.openai.terms import Terms

DECLINED = "I'm sorry, but I can't assist with that request."


@dataclass(frozen=True, slots=True)
class Responses:
    """The seller of answers; called by the event loop alone.

    Args:
        terms: Of sale.
        limits: Of requests and tokens.
        cache: Of prompts.
        sales: The ledger.
        reader: The model.
        spent: Tells what a project bought, of whatever kind.
    """

    terms: Terms
    limits: Limits
    cache: PromptCache
    sales: Sales
    reader: Reader
    spent: Callable[[str], float]

    async def answer(self, project: str, body: bytes, receive: Receive, sold: Sold) -> Reply:
        """Answer one request.

        Args:
            project: Whose key it came with.
            body: Of the request.
            receive: Tells when the buyer is gone.
            sold: Is told of the sale.

        Raises:
            Refused: It is answered by an error.
            Hangup: It is not answered.
        """
        began = asyncio.get_running_loop().time()
        asked = read_request(body)
        prompt = _rendered(asked)
        expected = input_tokens(prompt)
        if expected + (asked.limit or 0) > asked.model.window:
            message = "Your input exceeds the context window of this model. Please adjust your input and try again."
            raise errors.invalid(message, "input", "context_length_exceeded")
        headers = self.limits.spend(project, asked.model.name, expected + (asked.limit or 0))
        if self.spent(project) >= self.terms.credit_usd:
            raise errors.no_credit()
        task = task_of(asked.instructions, asked.input, asked.schema)
        question = task.question
        fate = draw(self.terms, question, self.sales.next_try(question))
        ends = began + fate.seconds
        if fate.trouble is not None and fate.trouble in UNBILLED:
            self.sales.failed(fate.trouble.value, fate.seconds)
            await until(ends, receive)
            raise errors.server_error() if fate.trouble is Trouble.SERVER_ERROR else errors.overloaded()
        output, sale = self._sell(project, asked, prompt, task, fate)
        sold(sale)
        if fate.trouble is Trouble.UNANSWERED:
            await until(began + self.terms.hang_seconds * self.terms.time_scale, receive)
            raise Hangup
        await until(ends, receive)
        return Reply(response(asked, output, sale.usage), headers=headers)

    def _sell(self, project: str, asked: Asked, prompt: bytes, task: Task, fate: Fate) -> tuple[Output, Sale]:
        output = self._output(asked, task, fate)
        space = f"{project}\0{asked.model.name}\0{asked.document.get('prompt_cache_key')}"
        cached, written = self.cache.pass_through(space, prompt)
        usage = Usage(
            input=input_tokens(prompt),
            cached=cached,
            written=written if asked.model.writes else 0,
            output=output.tokens,
            reasoning=output.reasoning,
        )
        sale = Sale(
            project=project,
            model=asked.model.snapshot,
            question=task.question,
            outcome=fate.trouble.value if fate.trouble else "answered" if output.whole else Trouble.TRUNCATION.value,
            usage=usage,
            usd=asked.model.cost(usage, asked.tier),
            seconds=fate.seconds,
        )
        self.sales.add(sale)
        return output, sale

    def _output(self, asked: Asked, task: Task, fate: Fate) -> Output:
        if fate.trouble is Trouble.REFUSAL:
            return within(DECLINED, asked, refused=True, share=None)
        invents = fate.trouble is Trouble.INVENTED_QUOTE
        text = self.reader.answer(task, gullible=fate.gullible, invents=invents)
        if text is None:
            return within(NO_QUESTION, asked, refused=True, share=None)
        if fate.trouble is Trouble.MALFORMED:
            text = _spoiled(text, fate.share)
        return within(text, asked, refused=False, share=fate.share if fate.trouble is Trouble.TRUNCATION else None)


def _rendered(asked: Asked) -> bytes:
    """Return the prompt as the model gets it: the schema, which serves as its beginning, then the words."""
    schema = json.dumps(asked.schema, separators=(",", ":")) if asked.schema else ""
    return f"{schema}\n{asked.instructions}\n{asked.input}".encode("utf-8", "surrogatepass")


def _spoiled(text: str, share: float) -> str:
    """Return a text that is no JSON: fenced, cut, or with a comma too many."""
    ways: tuple[Callable[[], str], ...] = (
        lambda: f"```json\n{text}\n```",
        lambda: text[:-1],
        lambda: f"{text[:-1]},}}",
    )
    return ways[int(share * 1000) % len(ways)]()
