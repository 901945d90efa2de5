"""Conversations of the shipped command with a model that fails in every way there is."""

from __future__ import annotations

from collections import Counter
from itertools import chain

from tests.loopback import ScriptedServer
from tests.model_replies import DECISIONS, Fail, Fault, Reply, Request, Whole
from tests.shipped import StoredEvent, Viva
from tests.terminal.replies import KEY, answer_in, configured, decided, granting, is_judge, nothing_was_said

SECONDS = 2.0  # that a model has; a retry after a cut connection waits for about half of it
NEVER_THERE = "words that nobody said"

JUDGE = {
    Fault.RATE_LIMITED: "is over its rate limit",
    Fault.SERVER_ERROR: "answered with an error (500)",
    Fault.SLOW: "did not answer in time",
    Fault.CUT: "could not be reached or broke off",
    Fault.MALFORMED_JSON: "sent a reply that cannot be read",
    Fault.TRUNCATED_JSON: "broke off in the middle of its reply",
    Fault.REFUSAL: "declined to answer",
    Fault.WRONG_SCHEMA: "sent a reply that is not in the asked-for form",
}
DECISION_JUDGE = JUDGE | {
    Fault.TRUNCATED_JSON: "did not answer every question",
    Fault.REFUSAL: "declined to grade",
    Fault.WRONG_SCHEMA: "sent a reply that is not in the asked-for form",
}
INTERVIEWER = {fault: sentence for fault, sentence in JUDGE.items() if fault is not Fault.WRONG_SCHEMA}
INVENTED = "The judge quoted words that are not in your answer, so those points earn nothing until you mark them."


def during(fault: Fault) -> str:
    """An answer that makes the server below fail."""
    return f"With {fault.name.lower()} the entropy of the labels is still a constant."


def failing(request: Request, well: Whole) -> Reply:
    """The fault that the answer names, done to what would have been said."""
    fault = next((fault for fault in Fault if during(fault) == answer_in(request)), None)
    if fault is None:
        return well
    return Fail(fault, seconds=1.5 * SECONDS if fault is Fault.SLOW else 0.01, then=well)


def failing_judge(request: Request) -> Reply:
    if NEVER_THERE in answer_in(request) and is_judge(request):
        return granting("met", "the model invented this quote")(request)
    well = nothing_was_said(request)
    return failing(request, well) if is_judge(request) else well


def failing_decisions(request: Request) -> Reply:
    return failing(request, decided(request)) if request.path == DECISIONS else nothing_was_said(request)


def failing_interviewer(request: Request) -> Reply:
    well = nothing_was_said(request)
    return well if is_judge(request) else failing(request, well)


def notices(viva: Viva) -> dict[str, list[str]]:
    """What each answer's grade had to say about how it came about."""
    text = {event.id: event.body["text"] for event in viva.events if event.kind == "say"}
    graded = [event.body for event in viva.events if event.kind == "graded"]
    return {text[body["to"]]: body["grade"]["notices"] for body in graded}


def shown(viva: Viva, kind: str) -> dict[str, list[str]]:
    """The replies of a kind that each answer got."""
    text = {event.id: event.body["text"] for event in viva.events if event.kind == "say"}
    replied = [event.body for event in viva.events if event.kind == "replied" and event.body["to"] in text]
    return {text[body["to"]]: [r["text"] for r in body["replies"] if r["kind"] == kind] for body in replied}


def once_each(events: list[StoredEvent], kind: str) -> bool:
    """Whether every answer has exactly one outcome of a kind."""
    outcomes = Counter(event.body["to"] for event in events if event.kind == kind)
    return all(outcomes[event.id] == 1 for event in events if event.kind == "say")


def held(viva: Viva, server: ScriptedServer, answers: list[str], *models: str) -> str:
    """Hold a drill with these answers; check what every fault must leave untouched; the transcript on one line."""
    result = viva.chat("/drill", *answers, "/stop", **configured(server, *models, seconds=SECONDS))
    transcript = " ".join(result.stdout.split())
    assert "Debrief: 0 %" in transcript
    assert (result.returncode, result.stderr) == (0, "")
    assert viva.said == answers
    assert once_each(viva.events, "graded")
    assert once_each(viva.events, "replied")
    assert viva.files_with(KEY) == []
    assert {path.name.split("-")[0] for path in viva.files_with(answers[0])} == {"viva.sqlite3"}
    return transcript


def test_when_the_chat_judge_fails_the_embedded_judge_grades_and_that_is_told(
    viva: Viva, server: ScriptedServer
) -> None:
    server.always(failing_judge)
    transcript = held(viva, server, [during(fault) for fault in JUDGE])
    told = {
        during(fault): [f"The chat (loopback) judge {sentence}; the embedded judge graded instead."]
        for fault, sentence in JUDGE.items()
    }
    assert notices(viva) == told
    assert all(sentence in transcript for sentence in chain.from_iterable(told.values()))
    assert "graded by the embedded judge" in transcript


def test_a_quote_that_nobody_said_earns_nothing_and_that_is_told(viva: Viva, server: ScriptedServer) -> None:
    server.always(failing_judge)
    answer = f"There are {NEVER_THERE}, and zebras graze."
    transcript = held(viva, server, [answer])
    assert notices(viva) == {answer: [INVENTED]}
    assert INVENTED in transcript
    assert "Debrief: 0 %, 100 % open" in transcript


def test_when_the_decisions_judge_fails_the_chat_judge_grades_and_that_is_told(
    viva: Viva, server: ScriptedServer
) -> None:
    server.always(failing_decisions)
    transcript = held(viva, server, [during(fault) for fault in DECISION_JUDGE], "decisions", "chat")
    told = {
        during(fault): [f"The decisions (loopback) judge {sentence}; the chat (loopback) judge graded instead."]
        for fault, sentence in DECISION_JUDGE.items()
    }
    assert notices(viva) == told
    assert all(sentence in transcript for sentence in chain.from_iterable(told.values()))


def test_without_a_server_at_the_address_each_judge_is_told_and_the_embedded_one_grades(viva: Viva) -> None:
    with ScriptedServer() as gone:
        nowhere = configured(gone, "decisions", "chat")
    result = viva.chat("/drill 1", "zebras graze", **nowhere)
    assert notices(viva)["zebras graze"] == [
        f"The {judge} (loopback) judge could not be reached or broke off; the embedded judge graded instead."
        for judge in ("decisions", "chat")
    ]
    assert "Debrief: 0 %" in result.stdout
    assert (result.returncode, result.stderr) == (0, "")


def test_when_the_interviewer_fails_the_notes_own_probe_is_asked_and_that_is_told(
    viva: Viva, server: ScriptedServer
) -> None:
    server.always(failing_interviewer)
    # After three probes a question is over: the answer that ends it gets none.
    faults = list(INTERVIEWER)
    last = [f"Nothing more to say in round {number} but that zebras graze." for number in range(3)]
    answers = [
        *map(during, faults[:3]), last[0],
        *map(during, faults[3:6]), last[1],
        *map(during, faults[6:]),
    ]  # fmt: skip
    transcript = held(viva, server, answers)
    told = {
        during(fault): [f"The chat model (loopback) {sentence}; these are the note's own words."]
        for fault, sentence in INTERVIEWER.items()
    }
    assert {answer: said for answer, said in shown(viva, "notice").items() if said} == told
    assert all(sentence in transcript for sentence in chain.from_iterable(told.values()))
    probed = [event.body for event in viva.events if event.kind == "probed"]
    assert [body["text"] for body in probed] == [body["authored"] for body in probed]
    assert len(probed) == len(faults)


def test_a_fault_that_passes_is_not_worth_a_word(viva: Viva, server: ScriptedServer) -> None:
    for fault in (Fault.RATE_LIMITED, Fault.SERVER_ERROR):
        server.fail(fault)
    server.always(nothing_was_said)
    answer = during(Fault.SLOW)
    transcript = held(viva, server, [answer])
    assert notices(viva) == {answer: []}
    assert shown(viva, "notice") == {answer: []}
    assert "instead" not in transcript
