"""What an answer will cost, before it is bought.

Belongs here: the estimate of one. Does not: how many are bought (`signals`).
"""

from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal
from typing import Any

import psycopg

MONTH = timedelta(days=30)
ENOUGH = 20
"""Answers whose mean says something: documents differ by a factor of ten."""


@dataclass(frozen=True, slots=True)
class Estimate:
    """USD of one answer: the mean of `known` ones that were settled, or with 0 the most that it can cost."""

    usd: Decimal
    known: int


def estimate(conn: psycopg.Connection[Any], purpose: str, model: str, most: Decimal) -> Estimate:
    """Return what one answer will cost, by what such answers cost within a month.

    Args:
        conn: A transaction.
        purpose: As `Ask.purpose`.
        model: As `Ask.model`.
        most: What holds while too few are known: `Seller.upper_bound` of such a question.
    """
    ((known, mean),) = conn.execute(_KNOWN, {"purpose": purpose, "model": model, "month": MONTH}).fetchall()
    return Estimate(mean, known) if known >= ENOUGH else Estimate(most, 0)


_KNOWN = """
    select count(*), avg(cost) from llm.purchases
    where purpose = %(purpose)s and model = %(model)s and state = 'settled'
        and day >= (clock_timestamp() at time zone 'UTC' - %(month)s)::date
"""
