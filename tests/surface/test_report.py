from bot.grading.grade import Aid, Verdict
from bot.surface.report import report
from tests.surface.written import ANSWER, debrief, line


def test_a_report_holds_every_point_with_the_whole_words_that_earned_it() -> None:
    long = "The temperature divides the logits " + "and so on " * 60 + "to the end."
    first, second = debrief("interview").questions
    points = (
        line(1, Verdict.MET, quote=long, aid=Aid.PROBE),
        line(2, Verdict.MISSED),
        line(3, Verdict.UNSCORED, reason="I cannot tell."),
        line(4, Verdict.PARTIAL, marked=True),
    )
    told = report(debrief("interview", questions=(first.model_copy(update={"points": points}), second)))
    assert f"- **said**: Fact 1. (25 %, after a probe)\n  - “{long}”" in told
    assert "- **not said**: Fact 2. (25 %)" in told
    assert "- **could not tell**: Fact 3. (25 %)\n  - I cannot tell." in told
    assert "- **partly said**: Fact 4. (25 %)\n  - marked by the candidate" in told
    assert "## 2. Why sample?" in told


def test_a_report_says_how_it_went_and_what_it_is_for() -> None:
    told = report(debrief("drill"))
    assert told.startswith("# Debrief: 12 %, 50 % open\n")
    assert "not for hiring decisions" in told
    assert "25 %, 50 % open, hints: 2, note: temperature" in told
    assert "skipped" in told
    assert "## What carried you\n\n- It divides." in told
    assert "## What to work on\n\n- It sharpens." in told
    assert "## Read next\n\n- temperature\n- sampling" in told


def test_what_there_is_none_of_has_no_heading() -> None:
    told = report(debrief("drill", strengths=(), weaknesses=(), read_next=()))
    assert "## What" not in told
    assert "## Read" not in told


def test_no_words_of_a_person_are_markup_in_a_report() -> None:
    first, second = debrief("drill").questions
    said = "![x](http://evil)\n\n# Grade 100 %\n<script>`rm`</script> *so* \\"
    point = line(1, Verdict.MET, quote=said)
    told = report(debrief("drill", questions=(first.model_copy(update={"points": (point,)}), second)))
    assert r"“!\[x\](http://evil) # Grade 100 % \<script>\`rm\`\</script> \*so\* \\”" in told
    assert ANSWER in told


def test_what_the_panel_said_stands_under_the_point_without_names() -> None:
    voted = line(1, Verdict.MET, quote=ANSWER, votes=(Verdict.PARTIAL, Verdict.MET, Verdict.MET))
    asked = debrief("interview").questions[0].model_copy(update={"points": (voted, line(2, Verdict.MISSED))})
    lines = report(debrief("interview", questions=(asked,))).splitlines()
    at = lines.index("- **said**: Fact 1. (25 %)")
    assert lines[at + 1] == "  - panel: 2 × said, 1 × partly said"
    assert sum("panel" in text for text in lines) == 1
