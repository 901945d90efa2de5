"""Alembic's entry: runs the migrations over the connection that the store hands in."""

from alembic import context

from bot.store.schema import metadata

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=metadata,
    # SQLite cannot alter a table in place; batch mode copies it, and one chain serves both databases.
    render_as_batch=True,
)
with context.begin_transaction():
    context.run_migrations()
