from collections.abc import Callable
from math import comb, log


def _optimal_loss(candidates: int, symbols: int) -> float:
    """InfoNCE of the optimal critic when x = c is uniform: E log(1 + negatives that match by chance)."""
    negatives, match = candidates - 1, 1 / symbols
    return sum(
        comb(negatives, m) * match**m * (1 - match) ** (negatives - m) * log(1 + m) for m in range(negatives + 1)
    )


def test_cpc_loss(worked_example: Callable[[str], str]) -> None:
    text = worked_example("cpc-loss")
    symbols = 16
    information = log(symbols)
    bound = {n: log(n) - _optimal_loss(n, symbols) for n in (4, 64, 1024)}
    assert all(value <= min(information, log(n)) for n, value in bound.items())
    assert bound[4] < information / 2
    assert f"uniform on {symbols} symbols" in text
    assert f"which is {symbols} on a match" in text  # p(x|c) / p(x) = 1 / (1 / symbols)
    assert f"\\mathrm{{Bin}}(N-1, 1/{symbols})" in text
    assert f"\\log {symbols} = {information:.4f}" in text
    assert f"$N = 4$: $L = {_optimal_loss(4, symbols):.4f}$" in text
    assert f"\\log 4 - L = {bound[4]:.4f}" in text
    assert f"ceiling $\\log 4 = {log(4):.4f}$" in text
    assert f"$N = 64$: $L = {_optimal_loss(64, symbols):.4f}$ and the bound is ${bound[64]:.4f}$" in text
    assert f"$N = 1024$ it is ${bound[1024]:.4f}$" in text
