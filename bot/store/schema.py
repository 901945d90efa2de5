"""The tables. Those about people have a `person_id`: export and forget walk the metadata and miss none."""

from sqlalchemy import (
    Column,
    DateTime,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    String,
    Table,
    Text,
    UniqueConstraint,
)

metadata = MetaData()

ANONYMOUS = ""  # whose usage it becomes when a person is forgotten, so that the total budget still holds

sessions = Table(
    "sessions",
    metadata,
    Column("id", String(80), primary_key=True),
    Column("person_id", String(120), nullable=False, index=True),
    Column("place", String(200), nullable=False),
    Column("server", String(80), index=True),
    Column("created_at", DateTime(timezone=True), nullable=False),
)

events = Table(
    "events",
    metadata,
    Column("session_id", String(80), ForeignKey("sessions.id", ondelete="CASCADE"), primary_key=True),
    Column("sequence", Integer, primary_key=True),
    Column("event_id", String(160), nullable=False),
    Column("person_id", String(120), nullable=False, index=True),
    Column("kind", String(20), nullable=False),
    Column("body", Text, nullable=False),
    UniqueConstraint("session_id", "event_id"),
    Index("ix_events_session_id_kind", "session_id", "kind"),
)

usage = Table(
    "usage",
    metadata,
    Column("person_id", String(120), primary_key=True),
    Column("day", String(10), primary_key=True),
    Column("model", String(120), primary_key=True),
    Column("input_tokens", Integer, nullable=False),
    Column("output_tokens", Integer, nullable=False),
)

# Follows from the events alone, so it may be dropped at any time; what is of no note in particular is under "".
concepts = Table(
    "concepts",
    metadata,
    Column("person_id", String(120), primary_key=True),
    Column("note_id", String(60), primary_key=True),
    Column("body", Text, nullable=False),
)

# `hour` (UTC) is when to remind somebody, `reminded` the last day (UTC) on which that was done, or empty.
wishes = Table(
    "wishes",
    metadata,
    Column("person_id", String(120), primary_key=True),
    Column("body", Text, nullable=False),
    Column("hour", Integer, index=True),
    Column("reminded", String(10), nullable=False),
)

servers = Table(
    "servers",
    metadata,
    Column("id", String(80), primary_key=True),
    Column("settings", Text, nullable=False),
)

# Of workspaces, not of people: what is in a body is encrypted by whoever keeps it here.
installations = Table(
    "installations",
    metadata,
    Column("id", String(80), primary_key=True),
    Column("body", LargeBinary, nullable=False),
)

states = Table(
    "states",
    metadata,
    Column("id", String(80), primary_key=True),
    Column("expires_at", DateTime(timezone=True), nullable=False),
)

leases = Table(
    "leases",
    metadata,
    Column("id", String(80), primary_key=True),
    Column("holder", String(40), nullable=False),
    Column("until", DateTime(timezone=True), nullable=False),
)

PERSONAL = tuple(table for table in metadata.sorted_tables if "person_id" in table.columns)
