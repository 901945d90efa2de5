"""What is remembered of each person and note, worked out from events on first use, and what people asked for."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    """Create the two tables, and find the sessions without an end quickly among many."""
    op.create_index("ix_events_session_id_kind", "events", ["session_id", "kind"])
    op.create_table(
        "concepts",
        sa.Column("person_id", sa.String(120), primary_key=True),
        sa.Column("note_id", sa.String(60), primary_key=True),
        sa.Column("body", sa.Text, nullable=False),
    )
    op.create_table(
        "wishes",
        sa.Column("person_id", sa.String(120), primary_key=True),
        sa.Column("body", sa.Text, nullable=False),
        sa.Column("hour", sa.Integer, index=True),
        sa.Column("reminded", sa.String(10), nullable=False),
    )


def downgrade() -> None:
    """Drop them."""
    for table in ("wishes", "concepts"):
        op.drop_table(table)
    op.drop_index("ix_events_session_id_kind", "events")
