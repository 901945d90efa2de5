"""The verbs of the shipped command: what they print, what they return, and what a mistake gets."""

from __future__ import annotations

import json
import re
import resource
import shutil
import threading
from collections.abc import Callable, Generator
from contextlib import contextmanager, suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from signal import SIGINT
from subprocess import CompletedProcess

import pytest
from typer import Typer

from bot.cli import app
from knowledge.library import Library
from tests.knowledge.written import ANOTHER, NOTE, write
from tests.loopback import Say, ScriptedServer
from tests.shipped import Viva, one_line

SECRET = "s3cret-4711"
UNREACHABLE = "http://127.0.0.1:1/v1"
DONT_KNOW = ("/drill losses 1", "I don't know, zebras perhaps", "I don't know, still zebras")


@pytest.fixture(scope="module")
def conversation(tmp_path_factory: pytest.TempPathFactory, notes_index: Path) -> Path:
    """The data folder after a conversation, held once: loading the model costs seconds."""
    viva = Viva(tmp_path_factory.mktemp("talked"))
    viva.data.mkdir()
    shutil.copyfile(notes_index, viva.data / "notes.index")
    assert viva.chat(*DONT_KNOW).returncode == 0
    return viva.data


@pytest.fixture
def talked(viva: Viva, conversation: Path) -> Viva:
    """The command, with that conversation in its store."""
    shutil.copytree(conversation, viva.data, dirs_exist_ok=True)
    return viva


def verbs(typer: Typer) -> list[str]:
    return [info.name or info.callback.__name__ for info in typer.registered_commands if info.callback is not None]


GROUPS = {info.name: info.typer_instance for info in app.registered_groups if info.name and info.typer_instance}
NESTED_VERBS = [verb for group in GROUPS.values() for verb in verbs(group)]
VERBS = verbs(app) + NESTED_VERBS


def told(result: CompletedProcess[str]) -> str:
    """The one sentence about a mistake, without its lead; it must be all there is on standard error."""
    sentence = one_line(result.stderr)
    assert sentence.startswith("viva: "), sentence
    assert not re.search(r"[.!?] [A-Z]", sentence), f"more than one sentence: {sentence}"
    return sentence.removeprefix("viva: ")


def cpu_seconds(work: Callable[[], object], *, tries: int = 3) -> float:
    """Seconds of CPU that child processes take during `work`; the best try."""

    def once() -> float:
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        work()
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime

    return min(once() for _ in range(tries))


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

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}/v1"
        server.shutdown()


# Mistakes


@pytest.mark.parametrize(
    ("command", "names"),
    [
        ("chat --topic loses", "did you mean losses"),
        ("chat --topic astrology", "'astrology'"),
        ("topics loses", "did you mean losses"),
        ("notes show cross-entropy", "did you mean cross-entropy-and-kl"),
        ("notes show ../../etc/passwd", "no note"),
        ("chat --quietly", "--quietly"),
        ("--quietly", "--quietly"),
        ("drill", "'drill'"),
        ("notes lnit", "'lnit'"),
        ("chat --questions many", "'--questions'"),
        ("chat --questions 0", "'--questions'"),
        ("chat --questions 51", "'--questions'"),
        ("chat --questions", "--questions"),
        ("ask", "question"),
        ("topics losses twice", "twice"),
        ("export --out nowhere/me.json", "nowhere/me.json"),
        ("notes lint nowhere", "nowhere"),
        ("notes new hinge-loss", "topic/id"),
        ("notes new losses/dropout", "dropout.md"),
        ("notes new losses/hinge-loss --level easy --folder x", "advanced"),
    ],
)
def test_a_wrong_command_line_gets_one_sentence(viva: Viva, command: str, names: str) -> None:
    result = viva(*command.split())
    assert names.lower() in told(result).lower()
    assert result.returncode in (1, 2)
    assert result.stdout == ""


@pytest.mark.parametrize(
    ("setting", "value", "names"),
    [
        ("DATABASE_URL", f"postgresql://u:{SECRET}@127.0.0.1:1/x", "127.0.0.1"),
        ("DATABASE_URL", f"postgresql://u:{SECRET}@127.0.0.1:door/x", "DATABASE_URL"),
        ("DATABASE_URL", f"u:{SECRET}", "DATABASE_URL"),
        ("DATABASE_URL", f"mysql://u:{SECRET}@127.0.0.1/x", "DATABASE_URL"),
        ("OPENAI_API_KEY", f"Bearer {SECRET}", "OPENAI_API_KEY"),
        ("OPENAI_API_KEY", f"“{SECRET}”", "OPENAI_API_KEY"),
        ("OPENAI_BASE_URL", "localhost:8080/v1", "OPENAI_BASE_URL"),
        ("VIVA_JUDGE", "chat", "VIVA_CHAT_MODEL"),
        ("VIVA_JUDGE", "jury", "VIVA_JUDGE"),
        ("VIVA_CHAT_MODEL", "some-model", "OPENAI_API_KEY"),
        ("VIVA_MODEL_TIMEOUT", "soon", "VIVA_MODEL_TIMEOUT"),
        ("VIVA_DATA_DIR", "{home}/a-file/below", "VIVA_DATA_DIR"),
    ],
)
def test_a_wrong_setting_gets_one_sentence_that_names_it_and_no_secret(
    viva: Viva, setting: str, value: str, names: str
) -> None:
    (viva.root / "a-file").touch()
    result = viva("progress", **{setting: value.format(home=viva.root)})
    assert names in told(result)
    assert result.returncode in (1, 2)
    assert result.stdout == ""
    assert SECRET not in result.stderr
    assert viva.files_with(SECRET) == []


def test_an_index_that_cannot_be_written_is_told_before_the_notes_are_embedded(viva: Viva) -> None:
    def index() -> None:
        result = viva("index", VIVA_DATA_DIR="a-file/below")
        assert "VIVA_DATA_DIR" in told(result)
        assert result.returncode == 1

    (viva.root / "a-file").touch()
    assert cpu_seconds(index, tries=1) < 4


def test_settings_are_also_read_from_a_dotenv_file(viva: Viva) -> None:
    (viva.root / ".env").write_text("VIVA_JUDGE=jury\n")
    assert "VIVA_JUDGE" in told(viva("progress"))


@pytest.mark.parametrize(
    ("right", "wrong", "line", "names"),
    [
        pytest.param("---\nid", "id", 1, "front matter", id="no front matter"),
        pytest.param("kind: concept", "kind: @concept", 10, "YAML", id="not YAML"),
        pytest.param("level: core\n", "", 2, "`level` is missing", id="missing field"),
        pytest.param("level: core", "level: easy", 9, "'core', 'advanced' or 'research'", id="unknown level"),
        pytest.param("level: core", "level: core\nlevels: core", 10, "unknown field `levels`", id="unknown field"),
        pytest.param("weight: 0.5", "weight: 0.6", 11, "sum to 1.1", id="weights"),
        pytest.param("First paragraph.\n\nSecond paragraph.\n", "", 66, "'## In full'", id="empty section"),
        pytest.param("id: temperature", "id: heat", 2, "'temperature'", id="id is not the file's name"),
    ],
)
def test_a_broken_note_is_one_line_with_file_and_line(
    viva: Viva, right: str, wrong: str, line: int, names: str
) -> None:
    path = write(viva.root / "notes", NOTE.replace(right, wrong, 1))
    result = viva("notes", "lint", "notes")
    mistake = one_line(result.stderr)
    assert f"notes/{path.parent.name}/{path.name}:{line}: " in mistake
    assert names in mistake
    assert result.returncode == 1
    assert result.stdout == ""


def test_bytes_that_are_no_text_are_a_mistake_in_a_note_like_any_other(viva: Viva) -> None:
    write(viva.root / "notes").write_bytes(b"---\nid: \xff\xfe\n---\n")
    result = viva("notes", "lint", "notes")
    assert "notes/decoding/temperature.md:2: " in one_line(result.stderr)
    assert result.returncode == 1


def test_lint_lists_a_line_for_each_mistake_in_each_note(viva: Viva) -> None:
    write(viva.root / "notes", NOTE.replace("level: core", "level: easy").replace("kind: concept", "kind: odd"))
    write(viva.root / "notes", ANOTHER.replace("topic: decoding", "topic: heat"), note_id="nucleus-sampling")
    result = viva("notes", "lint", "notes")
    places = re.findall(r"notes/decoding/([a-z-]+)\.md:(\d+): ", result.stderr)
    assert places == [("nucleus-sampling", "8"), ("temperature", "9"), ("temperature", "10")]
    assert len(result.stderr.splitlines()) == 3


def test_notes_without_a_mistake_pass(viva: Viva) -> None:
    write(viva.root / "notes")
    result = viva("notes", "lint", "notes", "--quick")
    assert (result.stdout, result.stderr, result.returncode) == ("1 notes, nothing wrong.\n", "", 0)


def test_a_formula_that_cannot_be_drawn_is_a_mistake(viva: Viva) -> None:
    write(viva.root / "notes", NOTE.replace("First paragraph.", r"First $\frac{1}$ paragraph."))
    result = viva("notes", "lint", "notes")
    assert "temperature.md:68: " in one_line(result.stderr)
    assert (result.stdout, result.returncode) == ("", 1)


def test_a_new_note_passes_and_lint_says_what_is_still_to_do(viva: Viva) -> None:
    assert viva("notes", "new", "losses/hinge-loss", "--folder", "notes").returncode == 0
    result = viva("notes", "lint", "notes")
    assert result.returncode == 0
    assert result.stderr == ""
    assert "hinge-loss.md:3: " in result.stdout
    assert "still to be written" in result.stdout


def test_coverage_counts_every_note_once_by_level_and_once_by_kind(viva: Viva, library: Library) -> None:
    *_, total = viva("notes", "coverage").stdout.splitlines()
    name, notes, *counts = total.replace("·", "0").split()
    assert (name, int(notes)) == ("all", len(library))
    assert sum(map(int, counts[:3])) == sum(map(int, counts[3:])) == len(library)


# Help and speed


@pytest.mark.parametrize("command", ["--help", "", "notes --help", "notes"])
def test_help_is_shown_when_asked_for_and_when_nothing_is(viva: Viva, command: str) -> None:
    result = viva(*command.split())
    assert result.stdout.startswith("Usage: viva")
    assert "Traceback" not in result.stderr + result.stdout
    assert "unexpected" not in result.stderr
    assert result.returncode in ((0,) if "--help" in command else (0, 2))


def test_help_lists_every_verb(viva: Viva) -> None:
    pages = "".join(viva(*command, "--help").stdout for command in ((), *((name,) for name in GROUPS)))
    assert sorted(re.findall(r"^  ([a-z]+)  ", pages, re.MULTILINE)) == sorted([*VERBS, *GROUPS])


@pytest.mark.parametrize("verb", [verb for verb in VERBS if verb not in NESTED_VERBS])
def test_every_verb_explains_itself(viva: Viva, verb: str) -> None:
    result = viva(verb, "--help")
    assert result.stdout.startswith(f"Usage: viva {verb}")
    assert result.returncode == 0


def test_help_takes_less_than_half_a_second_of_cpu(viva: Viva) -> None:
    assert cpu_seconds(lambda: viva("--help")) < 0.5


def test_a_chat_starts_in_less_than_two_seconds_of_cpu(viva: Viva) -> None:
    assert cpu_seconds(lambda: viva.chat("/quit")) < 2


def test_the_shell_completes_verbs(viva: Viva) -> None:
    asked = {"_VIVA_COMPLETE": "complete_bash", "COMP_WORDS": "viva ", "COMP_CWORD": "1"}
    assert {"chat", "ask", "doctor", "forget"} <= set(viva(**asked).stdout.split())


def test_the_script_for_completion_is_offered(viva: Viva) -> None:
    result = viva("--show-completion", "bash", _TYPER_COMPLETE_TEST_DISABLE_SHELL_DETECTION="1")
    assert "complete -o default -F _viva_completion viva" in result.stdout
    assert result.returncode == 0


# What there is to read


def test_topics_lists_every_note(viva: Viva, library: Library) -> None:
    lines = viva("topics").stdout.splitlines()
    assert [line.split()[0] for line in lines if line.startswith("  ")] == [note.id for note in library]
    assert [line.split()[0] for line in lines if not line.startswith("  ")] == list(library.topics)


def test_a_topic_may_be_named_with_a_space_and_capitals(viva: Viva) -> None:
    assert viva("topics", "Language models").stdout == viva("topics", "language-models").stdout != ""


def test_a_note_is_shown_with_its_rubric_and_without_raw_latex(viva: Viva, library: Library) -> None:
    page = " ".join(viva("notes", "show", "cross-entropy-and-kl").stdout.split())
    note = library["cross-entropy-and-kl"]
    assert note.question in page
    assert all(" ".join(point.point.split()) in page for point in note.rubric)
    assert "H(p,q) = H(p) + KL(p‖q)" in page
    assert "\\" not in page


def test_progress_begins_empty(viva: Viva) -> None:
    assert "Nothing has been graded yet" in viva("progress").stdout


def test_progress_has_a_row_a_topic(talked: Viva) -> None:
    assert re.search(r"^ *losses +1 +0 %", talked("progress").stdout, re.MULTILINE)


# What Viva keeps about a person


def test_export_is_json_and_covers_everything_that_was_said(talked: Viva) -> None:
    kept = json.loads(talked("export").stdout)
    said = [row["body"]["text"] for row in kept["events"] if row["kind"] == "say"]
    assert said == list(DONT_KNOW[1:])
    assert len(kept["sessions"]) == 1
    assert {"start", "asked", "graded", "probed", "finished", "replied"} <= {row["kind"] for row in kept["events"]}


def test_export_covers_what_models_were_used(viva: Viva) -> None:
    with ScriptedServer() as server:
        server.always(Say("Which of the two?"))
        viva.chat(*DONT_KNOW, OPENAI_BASE_URL=server.base_url, VIVA_CHAT_MODEL="loopback")
    usage = json.loads(viva("export").stdout)["usage"]
    assert [row["model"] for row in usage] == ["loopback"]
    assert usage[0]["output_tokens"] > 0


def test_export_writes_a_file_that_holds_the_same(talked: Viva) -> None:
    result = talked("export", "--out", "me.json")
    assert result.stdout == "Written to me.json.\n"
    assert json.loads((talked.root / "me.json").read_text()) == json.loads(talked("export").stdout)


@pytest.mark.parametrize("reply", ["n\n", "", "\n"], ids=["no", "end of input", "enter"])
def test_forget_removes_nothing_without_a_yes(talked: Viva, reply: str) -> None:
    before = talked.events
    result = talked("forget", stdin=reply)
    assert told(result) == "Stopped."
    assert result.returncode not in (0, 70)
    assert talked.events == before != []


@pytest.mark.parametrize(("flags", "reply"), [((), "y\n"), (("--yes",), "")], ids=["asked", "--yes"])
def test_forget_leaves_no_byte_of_what_was_said(talked: Viva, flags: tuple[str, ...], reply: str) -> None:
    assert talked.files_with("zebras") != []
    result = talked("forget", *flags, stdin=reply)
    assert "Everything is gone" in result.stdout
    assert result.returncode == 0
    assert all(rows == [] for rows in json.loads(talked("export").stdout).values())
    assert talked.files_with("zebras") == []


def test_forgetting_twice_says_that_there_was_nothing(viva: Viva) -> None:
    result = viva("forget", "--yes")
    assert (result.stdout, result.returncode) == ("There was nothing to remove.\n", 0)


def test_a_forgotten_session_is_not_gone_on_with(viva: Viva) -> None:
    viva.chat("/drill losses 2", "/pause")
    viva("forget", "--yes")
    assert "Welcome back" not in viva.chat("/quit").stdout


# Doctor


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


# Leaving in the middle


def test_ctrl_c_leaves_at_once_and_keeps_the_session(viva: Viva) -> None:
    process = viva.start("chat")
    assert process.stdin
    process.stdin.write("/drill losses 2\n")
    process.stdin.flush()
    viva.wait_for("asked")
    process.send_signal(SIGINT)
    try:
        assert process.wait(timeout=20) == 130  # loading a model is not waited for, yet a busy machine is slow
    finally:
        process.kill()
        with suppress(BrokenPipeError):
            process.communicate()
    assert "Welcome back" in viva.chat("/quit").stdout


def test_a_reader_that_goes_away_ends_it_without_a_traceback(viva: Viva) -> None:
    process = viva.start("chat")
    assert process.stdin
    assert process.stdout
    assert process.stderr
    process.stdout.readline()
    process.stdout.close()
    with suppress(BrokenPipeError):
        process.stdin.write("/topics\n" * 10)
        process.stdin.close()
    complaint = process.stderr.read()
    process.stderr.close()
    assert process.wait(timeout=30) != 0
    assert complaint == ""
