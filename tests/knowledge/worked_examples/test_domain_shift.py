from collections.abc import Callable

import numpy as np


def test_domain_shift(worked_example: Callable[[str], str]) -> None:
    text = worked_example("domain-shift")
    train, test = np.array([0.9, 0.1]), np.array([0.3, 0.7])
    error = np.array([0.05, 0.30])
    weights = test / train
    test_risk = test @ error
    assert f"errs on {error[0]:.2f} of day and {error[1]:.2f} of night images" in text
    assert f"training-domain risk is {train @ error:.3f}, the test risk {test_risk:.3f}" in text
    assert f"weights are {weights[0]:.3f} and {weights[1]:.3f}" in text
    weighted = train @ (weights * error)
    assert np.isclose(weighted, test_risk)
    assert f"weighted training risk is {weighted:.3f} as well" in text
    second_moment = train @ weights**2
    assert f"$\\mathbb{{E}}_{{\\mathrm{{train}}}}[w^2]$ = {second_moment:.1f}" in text
    assert f"1000 labelled training images are worth about {1000 / second_moment:.0f}" in text

    posterior = np.array([0.8, 0.2])
    ratio = np.array([0.1, 0.9]) / np.array([0.5, 0.5])
    corrected = posterior * ratio / (posterior @ ratio)
    assert f"says {posterior[0]:.2f} for the positive class" in text
    assert f"The weights are {ratio[0]:.1f} and {ratio[1]:.1f}" in text
    assert f"corrected posterior is {corrected[0]:.4f}, and the decision flips" in text
    assert posterior[0] > 0.5 > corrected[0]
