import pytest

from knowledge.spelling import Speller

TEXTS = ["The posterior of a Bayesian network", "convolutional filters and the gradient", "entropy $\\foo$"]
KNOWN = ["think", "prune", "real", "gluten"]


@pytest.fixture(scope="module")
def speller() -> Speller:
    return Speller(TEXTS, KNOWN)


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("what is the posteror?", "what is the posterior?"),
        ("bayesain netwrok", "bayesian network"),
        ("convolutinal filtres", "convolutional filters"),
        ("gardient", "gradient"),
        ("rgadient", "gradient"),
        ("ENTORPY", "ENTORPY"),
        ("the entorpy's value", "the entropy's value"),
    ],
)
def test_a_misspelt_word_becomes_the_nearest_word_of_the_notes(speller: Speller, typed: str, meant: str) -> None:
    assert speller.correct(typed) == meant


@pytest.mark.parametrize(
    "right",
    [
        "prune the real gluten",  # words of the language
        "networks, gradients and filtered filtering",  # other forms of words
        "a nonconvolutional regradient",  # with a prefix
        "MLPs and LoRA and SGNS",  # names
        "teh cat",  # too short to tell
        "hamster wheel",  # near nothing
        "p(h|d) = 0.5 ∂x ❤",
        "",
    ],
)
def test_what_is_right_or_near_nothing_is_left_alone(speller: Speller, right: str) -> None:
    assert speller.correct(right) == right


def test_a_first_letter_is_not_what_is_wrong(speller: Speller) -> None:
    assert speller.correct("zetwork") == "zetwork"


def test_what_is_in_a_formula_is_no_word_to_correct_to() -> None:
    assert Speller(["$\\gradientish x$"], []).correct("gradientisch") == "gradientisch"
