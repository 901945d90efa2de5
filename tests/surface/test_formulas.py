import re
from collections.abc import Iterator
from typing import Any

import pytest

from bot.surface.formulas import formula, readable, reads_well, without_half
from knowledge.library import Library

FORMULA = re.compile(r"\$([^$\n]+)\$")
SILENT = {r"\left", r"\right", r"\!", r"\,", r"\;", r"\ ", r"\quad"}
FONTS = {r"\mathrm", r"\mathbf", r"\mathbb", r"\mathcal"}


@pytest.mark.parametrize(
    ("latex", "text"),
    [
        (r"H(p,q) = -\sum_x p(x)\log q(x)", "H(p,q) = −∑ₓ p(x) log q(x)"),
        (r"\mathrm{KL}(p\|q) \geq 0", "KL(p‖q) ≥ 0"),
        (r"\mathbb{E}[\tilde{h}_j] = h_j", "𝔼[h̃ⱼ] = hⱼ"),
        (r"x \in \mathbb{R}^{d}", "x ∈ ℝ^d"),
        (r"W W^\top = I", "W Wᵀ = I"),
        (r"\|x - D a\|_2^2", "‖x − D a‖₂²"),
        (r"m_j \in \{0, 1\}", "mⱼ ∈ {0, 1}"),
        (r"C_{\mathrm{out}}", "C_out"),
        (r"\nabla_\theta L", "∇_θ L"),
        (r"\hat{y}_i", "y\u0302ᵢ"),
        (r"2.62 \times 10^{-5}", "2.62 × 10⁻⁵"),
        (r"10\%", "10%"),
        (r"p < q", "p < q"),
        (r"\dot{r} = -\eta K r", "r\u0307 = −η K r"),
        (r"\overline{x^2}", "x\u0305²\u0305"),
        (r"f'(x)", "f'(x)"),
        (r"\left(x\right)", "(x)"),
        (r"\operatorname{softmax}(z)", "softmax(z)"),
        (r"\min_h(\epsilon_S(h))", "min_h(ϵ_S(h))"),
        (r"\softmax(z)", "softmax(z)"),
        ("", ""),
    ],
)
def test_a_formula_reads_well(latex: str, text: str) -> None:
    assert formula(latex) == text


@pytest.mark.parametrize(
    ("latex", "text"),
    [
        (r"\frac{1}{n}", "1/n"),
        (r"\frac12", "1/2"),
        (r"\frac{p(x)}{q(x)}", "p(x)/q(x)"),
        (r"\frac{p(h_1|d)}{p(h_0|d)}", "p(h₁|d)/p(h₀|d)"),
        (r"\frac{a+b}{c}", "(a+b)/c"),
        (r"\frac{a - b}{c}", "(a − b)/c"),
        (r"\frac{a}{b+c}", "a/(b+c)"),
        (r"\frac{p}{1-p}", "p/(1−p)"),
        (r"\frac{a}{\frac{b}{c}}", "a/(b/c)"),
        (r"\frac{a}{\sum_j r_j}", "a/(∑ⱼ rⱼ)"),
        (r"\frac{m_j h_j}{1-p}", "(mⱼ hⱼ)/(1−p)"),
        (r"\frac{1}{2\sigma^2}(y - f)^2", "1/(2σ²)(y − f)²"),
        (r"\frac{1}{q(1-q)}", "1/(q(1−q))"),
        (r"\frac{1}{(1-p)(1-q)}", "1/((1−p)(1−q))"),
        (r"\frac{1}{C_{\mathrm{out}}}", "1/C_out"),
        (r"\frac{1}{\sqrt{d}}", "1/√d"),
    ],
)
def test_a_fraction_keeps_the_brackets_that_its_bar_was(latex: str, text: str) -> None:
    assert formula(latex) == text


@pytest.mark.parametrize(
    ("latex", "text"),
    [
        (r"\sqrt{x}", "√x"),
        (r"\sqrt{x+y}", "√(x+y)"),
        (r"\sqrt{2\pi}", "√(2π)"),
        (r"x^{10}", "x¹⁰"),
        (r"x^{a+b}", "x^(a+b)"),
        (r"e^{-x^2}", "e^(−x²)"),
        (r"e^{x_i}", "e^(xᵢ)"),
        (r"z_{t+k}", "zₜ₊ₖ"),
        (r"z_{i,j}", "z_(i,j)"),
        (r"x_{\text{train}}", "x_train"),
    ],
)
def test_roots_and_scripts_keep_what_belongs_to_them_together(latex: str, text: str) -> None:
    assert formula(latex) == text


def test_text_outside_formulas_stays_as_it_is() -> None:
    markdown = "**Dropout** scales by $\\frac{1}{1-p}$, see `a_b` and \\frac.\n\n- 5 < 6_7\n"
    assert readable(markdown) == "**Dropout** scales by 1/(1−p), see `a_b` and \\frac.\n\n- 5 < 6_7\n"


def texts(value: Any) -> Iterator[str]:
    """Every text in what a note dumps to."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict | list | tuple):
        # What a dump holds has no type that is known before it is looked at.
        for part in value.values() if isinstance(value, dict) else value:  # pyright: ignore[reportUnknownVariableType]
            yield from texts(part)


@pytest.fixture(scope="module")
def shipped(library: Library) -> list[str]:
    """Every text of every shipped note."""
    return [text for note in library for text in texts(note.model_dump(mode="json"))]


@pytest.fixture(scope="module")
def formulas(shipped: list[str]) -> list[str]:
    """Every formula of every shipped note."""
    found = sorted({latex for text in shipped for latex in FORMULA.findall(text)})
    assert len(found) > 300
    return found


def test_no_shipped_formula_leaves_latex_behind(formulas: list[str]) -> None:
    left: list[str] = []
    for latex in formulas:
        text = formula(latex)
        braces = latex.count(r"\{") + latex.count(r"\}")
        if "\\" in text or text.count("{") + text.count("}") != braces or re.search(r"[_^]($|[\s)])", text):
            left.append(f"{latex} gives {text}")
    assert left == []


def test_no_shipped_formula_loses_a_symbol(formulas: list[str]) -> None:
    macros = {macro for latex in formulas for macro in re.findall(r"\\(?:[A-Za-z]+|.)", latex)} - SILENT - FONTS
    assert sorted(macro for macro in macros if not formula(macro + "{x}{y}").strip("xy ")) == []


def test_no_shipped_formula_loses_a_bracket(formulas: list[str]) -> None:
    for latex in formulas:
        text = formula(latex)
        for opening, closing in ("()", "[]"):
            assert text.count(opening) - text.count(closing) == latex.count(opening) - latex.count(closing), latex


def test_no_shipped_text_has_half_a_formula(shipped: list[str]) -> None:
    assert [text for text in shipped if "$" in readable(text)] == []


@pytest.mark.parametrize("written", ["$x^2$", "$$x^2$$", "$$\nx^2\n$$", r"\(x^2\)", r"\[x^2\]", "\\[\n x^2 \n\\]"])
def test_a_formula_is_known_however_it_is_delimited(written: str) -> None:
    assert readable(f"Take {written}.") == "Take x²."


@pytest.mark.parametrize(
    "text",
    ["from $5 to $6", r"\$x^2\$", "`$x^2$`", "```sh\necho $A_1 $B_2\n```", "$ x", "one $", "a $" + "x" * 400 + "$"],
)
def test_what_is_no_formula_stays_as_it_is(text: str) -> None:
    assert readable(text) == text


@pytest.mark.parametrize(
    ("written", "shown"),
    [
        ("so $x", "so "),
        ("so $$x", "so "),
        ("so $$x$", "so "),
        (r"so \(x", "so "),
        ("so \\[\n x", "so "),
        ("so \\", "so "),
        ("so $x$ and $y", "so $x$ and "),
        ("so $x$, done", "so $x$, done"),
        ("so `$x`, done", "so `$x`, done"),
        ("```sh\necho $HO", "```sh\necho $HO"),
        ("cost $ 5", "cost $ 5"),
        ("a $line\nand another", "a $line\nand another"),
        ("a $" + "x" * 301, "a $" + "x" * 301),
    ],
)
def test_of_a_formula_that_is_being_written_nothing_is_shown(written: str, shown: str) -> None:
    assert without_half(written) == shown


@pytest.mark.parametrize("latex", ["x_i", r"e^{-x}", r"\frac{1-p}{n}", r"\mathrm{KL}(p\|q) = \sum_x p(x)\log p(x)"])
def test_a_short_or_flat_formula_reads_well_as_text(latex: str) -> None:
    assert reads_well(formula(latex))


@pytest.mark.parametrize(
    "latex",
    [
        r"\tilde{h}_j = \frac{m_j h_j}{1-p}",
        r"p(x) = \prod_t p(x_t | x_{<t}) q",
        r"\hat{x} = (x - \mu)/\sqrt{\sigma^2 + \epsilon}",
        "a + b + c + d + e + f + g + h + i + j + k + l + m + n + o + p = 0",
    ],
)
def test_a_flattened_or_long_formula_does_not_read_well_as_text(latex: str) -> None:
    assert not reads_well(formula(latex))
