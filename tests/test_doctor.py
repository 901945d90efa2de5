"""`viva doctor` says what is well and what is ill, what to do about it, and no secret."""

from __future__ import annotations

import json
import re
import threading
from collections.abc import Generator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from subprocess import CompletedProcess

import pytest

from knowledge.library import Library
from tests.loopback import ScriptedServer
from tests.shipped import SECRET, Viva

UNREACHABLE = "http://127.0.0.1:1/v1"


@contextmanager
def server_that_knows_no_key() -> Generator[str]:
    """The address of a server that answers 401 and quotes the key it was shown, as some do."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            body = json.dumps({"error": {"message": f"Incorrect API key: {self.headers['authorization']}"}}).encode()
            self.send_response(401)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002  # the name in its base class
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}/v1"
        server.shutdown()


def findings(result: CompletedProcess[str]) -> dict[str, tuple[bool, str]]:
    """What doctor found: name -> (is well, what it says)."""
    lines = [re.fullmatch(r"(ok|!!) +([a-z ]+): (.+)", line) for line in result.stdout.splitlines()]
    assert all(lines), result.stdout
    return {match[2]: (match[1] == "ok", match[3]) for match in lines if match}


def test_doctor_is_content_without_key_and_network(viva: Viva, library: Library) -> None:
    result = viva("doctor")
    found = findings(result)
    assert result.returncode == 0
    assert all(well for well, _ in found.values())
    assert found["notes"][1] == str(len(library))
    assert "viva.sqlite3" in found["database"][1]
    assert "embedded judge" in found["models"][1]


@pytest.mark.parametrize(
    ("env", "about", "says"),
    [
        ({"OPENAI_BASE_URL": UNREACHABLE, "VIVA_CHAT_MODEL": "m"}, "models", "could not be reached"),
        ({"DATABASE_URL": f"postgresql://u:{SECRET}@127.0.0.1:1/x"}, "database", "DATABASE_URL"),
        ({"VIVA_DATA_DIR": "a-file/below"}, "database", "VIVA_DATA_DIR"),
        ({"VIVA_EMBEDDING_MODEL": "/nowhere/model"}, "embedding model", "VIVA_EMBEDDING_MODEL"),
    ],
    ids=["server", "database", "data folder", "embedding model"],
)
def test_doctor_names_what_is_ill_and_what_to_do(viva: Viva, env: dict[str, str], about: str, says: str) -> None:
    (viva.root / "a-file").touch()
    result = viva("doctor", **env)
    ill = {name: text for name, (well, text) in findings(result).items() if not well}
    assert list(ill) == [about]
    assert says in ill[about]
    assert result.returncode == 1
    assert result.stderr == ""
    assert SECRET not in result.stdout


@pytest.mark.parametrize(
    ("model", "well", "says"),
    [
        ("gpt-6-luna", True, "gpt-6-luna"),
        ("gpt-7", False, "does not offer gpt-7; it offers gpt-6-luna"),
        ("", False, "VIVA_CHAT_MODEL"),
    ],
    ids=["offered", "not offered", "none named"],
)
def test_doctor_asks_the_server_for_the_model(viva: Viva, model: str, well: bool, says: str) -> None:
    with ScriptedServer() as server:
        result = viva("doctor", OPENAI_BASE_URL=server.base_url, OPENAI_API_KEY=SECRET, VIVA_CHAT_MODEL=model)
    assert findings(result)["models"][0] is well
    assert says in findings(result)["models"][1]
    assert result.returncode == (0 if well else 1)


def test_doctor_says_that_a_key_is_wrong_and_does_not_show_it(viva: Viva) -> None:
    with server_that_knows_no_key() as url:
        result = viva("doctor", OPENAI_BASE_URL=url, OPENAI_API_KEY=SECRET, VIVA_CHAT_MODEL="m")
    well, says = findings(result)["models"]
    assert not well
    assert says.endswith("the server does not accept OPENAI_API_KEY; correct or unset it")
    assert result.returncode == 1
    assert SECRET not in result.stdout + result.stderr
    assert viva.files_with(SECRET) == []
