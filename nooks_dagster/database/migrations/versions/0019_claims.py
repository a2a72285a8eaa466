"""Indexes by which many lanes are claimed from at once, and by which what is done with calls goes again."""

from alembic import op

revision = "0019"
down_revision = "0018"

# A renewal changes no column of theirs, so that it stays a change of one page.
LANES = "create index items_lanes on work.items (queue, lane, class, due_at, id) where state = 'waiting'"
LEASED = "create index items_leased on work.items (queue, lane) where state = 'leased'"
SUSPECTS = "create index items_suspects on work.items (queue) where state = 'waiting' and deaths > 0"
# Retention finds the oldest of them without a look at those of other queues, which stay for a week.
PASSING = """
    create index items_passing on work.items (finished_at)
        where state = 'done' and queue in ('calls', 'calls.deliveries')
"""
RECORDINGS = "create index recordings_call on calls.recordings (call)"


def upgrade() -> None:
    for statement in (LANES, LEASED, SUSPECTS, PASSING, RECORDINGS):
        op.execute(statement)
