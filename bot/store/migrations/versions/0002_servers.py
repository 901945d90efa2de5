"""What a server's managers chose, and which server a session is held in."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    """Create the table; sessions so far were held outside servers."""
    op.create_table(
        "servers",
        sa.Column("id", sa.String(80), primary_key=True),
        sa.Column("settings", sa.Text, nullable=False),
    )
    op.add_column("sessions", sa.Column("server", sa.String(80)))
    op.create_index("ix_sessions_server", "sessions", ["server"])


def downgrade() -> None:
    """Drop both."""
    op.drop_index("ix_sessions_server", "sessions")
    with op.batch_alter_table("sessions") as sessions:
        sessions.drop_column("server")
    op.drop_table("servers")
