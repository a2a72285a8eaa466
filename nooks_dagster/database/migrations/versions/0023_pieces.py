"""Table `calls.pieces`: words of a recording that were paid for, while its transcript is not committed."""

from alembic import op

revision = "0023"
down_revision = "0022"

# `asked_for` is the hash of the piece and the model, so that words of other pieces are never taken for these. Words
# have no bound of their own, whose breach Postgres would log with the words; five minutes of speech are 5 KB.
PIECES = """
    create table calls.pieces (
        call bigint not null references calls.calls on delete cascade,
        asked_for bytea not null,
        words jsonb not null,
        primary key (call, asked_for)
    )
"""


def upgrade() -> None:
    op.execute(PIECES)


def downgrade() -> None:
    op.execute("drop table calls.pieces")
