import math
from collections.abc import Callable
from itertools import product

import numpy as np


def normal_cdf(z: float) -> float:
    return math.erfc(-z / math.sqrt(2)) / 2


def binary_entropy(p: float) -> float:
    return -p * math.log(p) - (1 - p) * math.log(1 - p)


def beta_function(a: int, b: int) -> float:
    return math.gamma(a) * math.gamma(b) / math.gamma(a + b)


def binomial_tail(n: int, k: int) -> float:
    """P(at least k heads in n tosses of a fair coin)."""
    return sum(math.comb(n, heads) for heads in range(k, n + 1)) / 2**n


def simple_interval(right: int, n: int) -> tuple[float, float]:
    share = right / n
    half = 1.96 * math.sqrt(share * (1 - share) / n)
    return share - half, share + half


def wilson_interval(right: int, n: int) -> tuple[float, float]:
    share, z = right / n, 1.96
    centre = (share + z**2 / (2 * n)) / (1 + z**2 / n)
    half = z / (1 + z**2 / n) * math.sqrt(share * (1 - share) / n + z**2 / (4 * n**2))
    return centre - half, centre + half


def coverage(interval: Callable[[int, int], tuple[float, float]], n: int, p: float) -> float:
    covered = 0.0
    for right in range(n + 1):
        low, high = interval(right, n)
        covered += math.comb(n, right) * p**right * (1 - p) ** (n - right) * (low <= p <= high)
    return covered


def row(values: np.ndarray, decimals: int) -> str:
    return f"({', '.join(f'{value:.{decimals}f}' for value in values)})"


def test_maximum_likelihood_and_map(worked_example: Callable[[str], str]) -> None:
    text = worked_example("maximum-likelihood-and-map")
    theta = np.linspace(0, 1, 70_001)[1:-1]
    a = b = 2

    def estimates(heads: int, tosses: int) -> tuple[float, float, float, float]:
        likelihood = heads * np.log(theta) + (tosses - heads) * np.log(1 - theta)
        posterior = likelihood + (a - 1) * np.log(theta) + (b - 1) * np.log(1 - theta)
        in_log_odds = posterior + np.log(theta * (1 - theta))
        density = np.exp(posterior)
        ml, mode, shifted = (float(theta[curve.argmax()]) for curve in (likelihood, posterior, in_log_odds))
        return ml, mode, shifted, float((theta * density).sum() / density.sum())

    ml, mode, shifted, mean = estimates(3, 3)
    assert f"Maximum likelihood says $3/3 = {ml:.3f}$" in text
    assert f"MAP says $4/5 = {mode:.3f}$ and the posterior mean is $5/7 = {mean:.3f}$" in text
    assert f"its mode is at $\\theta = 5/7 = {shifted:.3f}$ and no longer at ${mode:.3f}$" in text
    ml, mode, _, _ = estimates(60, 100)
    assert f"maximum likelihood gives ${ml:.3f}$ and MAP $61/102 = {mode:.3f}$" in text
    noise, prior, average = 4, 1, 2
    few, many = (n * prior / (n * prior + noise) * average for n in (4, 400))
    assert f"\\frac{{4}}{{8}} \\cdot 2 = {few:.3f}$, half of" in text
    assert few == average / 2
    assert f"With $400$ observations of the same mean it is ${many:.3f}$" in text


def test_prior_likelihood_posterior_evidence(worked_example: Callable[[str], str]) -> None:
    text = worked_example("prior-likelihood-posterior-evidence")
    fair, uniform, best = 2**-10, beta_function(9, 3), 0.8**8 * 0.2**2
    assert f"2^{{-10}} = {fair:.6f}$" in text
    assert f"\\frac{{8!\\,2!}}{{11!}} = {uniform:.6f}$" in text
    np.testing.assert_allclose(uniform, math.factorial(8) * 2 / math.factorial(11))
    factor = uniform / fair
    assert f"The Bayes factor for $M_1$ is ${factor:.2f}$" in text
    assert f"p(M_1|D) = {factor / (1 + factor):.3f}$" in text
    assert f"0.8^8 \\cdot 0.2^2 = {best:.6f}$, would have claimed a factor of ${best / fair:.2f}$" in text
    assert f"with mean ${9 / 12:.2f}$" in text
    even = beta_function(6, 6)
    assert f"evidence of $M_1$ is ${even:.6f}$ and the factor ${even / fair:.3f}$" in text
    (narrow_mean, narrow), (wide_mean, wide) = (
        (width**2 / (1 + width**2), math.exp(-0.5 / (1 + width**2)) / math.sqrt(2 * math.pi * (1 + width**2)))
        for width in (10, 100)
    )
    assert f"the posterior mean is ${narrow_mean:.4f}$ and the evidence ${narrow:.5f}$" in text
    assert f"they are ${wide_mean:.4f}$ and ${wide:.5f}$" in text


def test_mutual_information(worked_example: Callable[[str], str]) -> None:
    text = worked_example("mutual-information")

    def information(joint: np.ndarray) -> float:
        independent = joint.sum(1, keepdims=True) * joint.sum(0, keepdims=True)
        kept = joint > 0
        return float((joint[kept] * np.log(joint[kept] / independent[kept])).sum())

    channel = np.array([[0.8, 0.2], [0.2, 0.8]])
    once, twice = information(channel / 2), information(channel @ channel / 2)
    assert f"{math.log(2):.4f} - {binary_entropy(0.2):.4f} = {once:.4f}$ nats" in text
    assert f"or ${once / math.log(2):.4f}$ bits" in text
    flip = (channel @ channel)[0, 1]
    assert f"total flip probability is ${flip:.2f}$ and $I(X;Z) = {twice:.4f}$ nats" in text
    x = np.array([-1, 0, 1])
    squares = np.array([[0, 1 / 3], [1 / 3, 0], [0, 1 / 3]])
    covariance = (x * x**2).mean() - x.mean() * (x**2).mean()
    assert f"The covariance is ${covariance:.1f}$" in text
    assert f"I(X;Y) = H(Y) = {information(squares):.4f}$ nats" in text
    np.testing.assert_allclose(information(squares), binary_entropy(1 / 3))
    weak, strong = (-math.log(1 - rho**2) / 2 for rho in (0.5, 0.9))
    assert f"$\\rho = 0.5$ gives ${weak:.4f}$ nats and $\\rho = 0.9$ gives ${strong:.4f}$" in text


def test_markov_chain_monte_carlo(worked_example: Callable[[str], str]) -> None:
    text = worked_example("markov-chain-monte-carlo")
    weights = np.array([1, 2, 3])
    target = weights / weights.sum()
    chain = np.minimum(1, weights[None, :] / weights[:, None]) / 2
    np.fill_diagonal(chain, 0)
    np.fill_diagonal(chain, 1 - chain.sum(1))
    np.testing.assert_allclose(target @ chain, target)
    assert f"weights $f = ({', '.join(map(str, weights))})$" in text
    assert f"The sum ${weights.sum()}$ was never used" in text
    assert f"its row is ${row(chain[0], 1).replace('0.0', '0')}$" in text
    assert f"its row is ${row(chain[1], 2).replace('0.50', '0.5')}$" in text
    assert f"the row is ${row(chain[2], 4).replace('0.5000', '0.5')}$" in text
    two, five = (np.linalg.matrix_power(chain, steps)[0] for steps in (2, 5))
    assert f"distributed as ${row(two, 4)}$ after two steps and ${row(five, 4)}$ after five" in text
    assert f"the target is ${row(target, 4)}$" in text
    there, back = target[0] * chain[0, 1], target[1] * chain[1, 0]
    assert f"\\frac{{1}}{{6}} \\cdot 0.5 = {there:.4f}$" in text
    assert f"\\frac{{1}}{{3}} \\cdot 0.25 = {back:.4f}$" in text
    inflation = 1 + 2 * (0.9 ** np.arange(1, 1000)).sum()
    assert f"2\\sum_k \\rho_k = {inflation:.1f}$, and $10000$ steps are worth ${10000 / inflation:.0f}$" in text


def test_p_values(worked_example: Callable[[str], str]) -> None:
    text = worked_example("p-values")
    z = (60 - 50) / math.sqrt(100 / 4)
    assert f"exact two-sided p-value is ${2 * binomial_tail(100, 60):.4f}$" in text
    assert f"$z = {z:.2f}$ and gives ${2 * normal_cdf(-z):.4f}$" in text
    assert z == (5100 - 5000) / math.sqrt(10000 / 4)
    assert f"$5100$ heads in $10000$ tosses, with a share of ${5100 / 10000:.2f}$ instead of ${60 / 100:.2f}$" in text
    true, false, weak = 0.8 * 100, 0.05 * 900, 0.2 * 100
    assert f"Expect ${true:.0f}$ true and ${false:.0f}$ false positives" in text
    assert f"a share of ${false / (true + false):.2f}$ false" in text
    assert f"With power $0.2$ it is ${false / (weak + false):.2f}$" in text
    fixed_tosses = binomial_tail(12, 9)
    fixed_tails = 1 - binomial_tail(11, 3)  # at most two tails in the first eleven tosses
    assert f"p = {fixed_tosses * 2**12:.0f}/4096 = {fixed_tosses:.3f}$" in text
    assert f"p = {fixed_tails * 2**11:.0f}/2048 = {fixed_tails:.3f}$" in text
    p = np.array([0.001, 0.012, 0.028, 0.041, 0.270])
    rejected = int((np.flatnonzero(p <= 0.05 * np.arange(1, 6) / 5) + 1).max())
    assert f"${', '.join(f'{value:.3f}' for value in p)}$ at level $0.05$" in text
    assert f"Benjamini-Hochberg rejects ${rejected}$, Bonferroni ${(p <= 0.05 / 5).sum()}$" in text


def test_confidence_intervals(worked_example: Callable[[str], str]) -> None:
    text = worked_example("confidence-intervals")
    low, high = simple_interval(90, 100)
    wilson_low, wilson_high = wilson_interval(90, 100)
    half_low, half_high = simple_interval(360, 400)
    assert f"simple interval is ${low:.3f}$ to ${high:.3f}$, Wilson's ${wilson_low:.3f}$ to ${wilson_high:.3f}$" in text
    assert f"With $360$ of $400$ the simple one is ${half_low:.3f}$ to ${half_high:.3f}$" in text
    np.testing.assert_allclose(high - low, 2 * (half_high - half_low))
    assert simple_interval(50, 50) == (1, 1)
    assert f"$0.05^{{1/50}} = {0.05 ** (1 / 50):.3f}$, close to $1 - 3/50 = {1 - 3 / 50:.3f}$" in text
    simple, wilson = (100 * coverage(interval, 50, 0.98) for interval in (simple_interval, wilson_interval))
    assert f"covers in only ${simple:.1f}\\%$ of the samples, Wilson's in ${wilson:.1f}\\%$" in text

    def t_cdf(t: float) -> float:
        """Student's distribution with four degrees of freedom."""
        scaled = 1 + t**2 / 4
        return 0.5 + 0.375 * t / math.sqrt(scaled) * (1 - t**2 / (12 * scaled))

    grid = np.linspace(2, 3, 10_001)
    quantile = grid[np.searchsorted([t_cdf(t) for t in grid], 0.975)]
    assert f"quantile of $t$ is ${quantile:.3f}$" in text
    assert f"the interval covers in ${100 * (2 * t_cdf(1.96) - 1):.1f}\\%$" in text
    distance = 0.1
    # The smaller of the two draws is uniform on a stretch of length 1 - r; on a length r of it the centre is covered.
    assert f"draws that are ${distance}$ apart" in text
    assert f"the conditional one ${100 * distance / (1 - distance):.1f}\\%$" in text


def test_bootstrap(worked_example: Callable[[str], str]) -> None:
    text = worked_example("bootstrap")
    data = np.array([1, 2, 6])
    resamples = np.array(list(product(data, repeat=3)))
    means, medians, maxima = resamples.mean(1), np.median(resamples, axis=1), resamples.max(1)
    textbook = data.std(ddof=1) / math.sqrt(3)
    assert f"Three observations, ${', '.join(map(str, data))}$, have ${len(resamples)}$ equally probable" in text
    assert f"resample means is ${means.mean():.3f}$ and their standard deviation ${means.std():.3f}$" in text
    assert (
        f"s/\\sqrt{{3}} = {textbook:.3f}$, times $\\sqrt{{2/3}}$, is the same ${textbook * math.sqrt(2 / 3):.3f}$"
        in text
    )
    low, middle, high = ((medians == value).sum() for value in data)
    assert f"$1$ in ${low}$ cases, $2$ in ${middle}$ and $6$ in ${high}$" in text
    assert f"a standard error of ${medians.std():.3f}$" in text
    largest = (maxima == 6).sum()
    assert f"$6$ in ${largest}$ of the $27$ cases, a share of ${largest / 27:.3f}$" in text
    for value in data:
        missing = (resamples != value).all(1).sum()
        assert f"missing in ${missing}$ of them, ${missing / 27:.3f}$" in text
    assert f"being left out is ${0.99**100:.3f}$, in the limit ${math.exp(-1):.3f}$" in text


def test_central_limit_theorem(worked_example: Callable[[str], str]) -> None:
    text = worked_example("central-limit-theorem")
    die = np.arange(1, 7)
    np.testing.assert_allclose(die.var(), 35 / 12)
    assert f"$35/12 = {die.var():.3f}$ and standard deviation ${die.std():.3f}$" in text
    assert f"the standard error ${die.std() / 10:.3f}$" in text
    assert f"P(S \\leq 50) = {1 - binomial_tail(100, 51):.4f}$" in text
    assert f"\\Phi(0.1) = {normal_cdf((50.5 - 50) / 5):.4f}$" in text
    spread = math.sqrt(100 * 0.01 * 0.99)
    plain, corrected = (0 - 1) / spread, (0.5 - 1) / spread
    assert f"P(S = 0) = {0.99**100:.3f}$" in text
    assert f"\\Phi({plain:.3f}) = {normal_cdf(plain):.3f}$" in text
    assert f"$\\Phi({corrected:.3f}) = {normal_cdf(corrected):.3f}$" in text

    def exponential_sum_above(x: float) -> float:
        """P(a sum of 30 standard exponentials exceeds x), by the Poisson process it belongs to."""
        return sum(math.exp(-x) * x**k / math.factorial(k) for k in range(30))

    above = exponential_sum_above(30 + 3 * math.sqrt(30))
    below = 1 - exponential_sum_above(30 - 3 * math.sqrt(30))
    assert f"above its expectation with probability ${above:.5f}$" in text
    assert f"below with probability ${below:.5f}$" in text
    assert f"the Gaussian says ${normal_cdf(-3):.5f}$ for both" in text
    inflation = 1 + 2 * (0.9 ** np.arange(1, 1000)).sum()
    assert f"variance of the mean is ${inflation:.1f}$ times" in text
