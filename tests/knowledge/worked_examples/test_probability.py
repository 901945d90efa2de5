from collections.abc import Callable


def test_bayes_theorem(worked_example: Callable[[str], str]) -> None:
    text = worked_example("bayes-theorem")
    people, base_rate, sensitivity, false_positive_rate = 10000, 0.01, 0.90, 0.05
    for rate in (base_rate, sensitivity, false_positive_rate):
        assert f"${100 * rate:.0f}\\%$" in text
    ill = people * base_rate
    healthy = people - ill
    true_positives, false_positives = sensitivity * ill, false_positive_rate * healthy
    assert f"{people} people {ill:.0f} are ill and {true_positives:.0f} of them test positive" in text
    assert f"{healthy:.0f} are healthy and {false_positives:.0f} of them test positive" in text
    positives = true_positives + false_positives
    first = true_positives / positives
    assert f"\\frac{{{true_positives:.0f}}}{{{positives:.0f}}} = {first:.3f}$" in text
    ratio = sensitivity / false_positive_rate
    odds = ill / healthy * ratio
    assert f"$\\frac{{1}}{{{healthy / ill:.0f}}}$ times the likelihood ratio ${ratio:.0f}$ is ${odds:.3f}$" in text
    again = odds * ratio
    assert f"{odds:.3f} \\times {ratio:.0f} = {again:.3f}$" in text
    assert f"a probability of ${again / (1 + again):.3f}$" in text
    rare = base_rate / 10
    posterior = rare * sensitivity / (rare * sensitivity + (1 - rare) * false_positive_rate)
    assert f"base rate of ${100 * rare:.1f}\\%$" in text
    assert f"gives only ${posterior:.3f}$" in text
