from collections.abc import Callable

import numpy as np
from numpy.polynomial import legendre, polynomial
from numpy.typing import NDArray


def test_orthogonality_and_basis_functions(worked_example: Callable[[str], str]) -> None:
    text = worked_example("orthogonality-and-basis-functions")
    nodes, weights = legendre.leggauss(30)
    f = np.exp(nodes)
    p = legendre.legvander(nodes, 2)
    norms = (weights[:, None] * p**2).sum(axis=0)
    np.testing.assert_allclose(norms, [2 / (2 * k + 1) for k in range(3)])
    c = (weights * f) @ p / norms
    for k in range(3):
        assert f"$c_{k}$ = {c[k]:.4f}" in text
    energy, parts = (weights * f**2).sum(), c**2 * norms
    assert f"The energy of $f$ is {energy:.4f}" in text
    assert " + ".join(f"{part:.4f}" for part in parts) in text
    assert f"squared error left is {energy - parts.sum():.4f}" in text

    def monomial_constant(degree: int) -> float:
        x = polynomial.polyvander(nodes, degree)
        return float(np.linalg.solve(x.T @ (weights[:, None] * x), x.T @ (weights * f))[0])

    assert f"constant of the best line is {monomial_constant(1):.4f}" in text
    assert f"constant of the best parabola is {monomial_constant(2):.4f}" in text
    hilbert = np.array([[1 / (i + j + 1) for j in range(6)] for i in range(6)])
    mantissa, exponent = f"{np.linalg.cond(hilbert):.2e}".split("e")
    assert f"${mantissa} \\times 10^{{{int(exponent)}}}$" in text


def test_eigenvectors(worked_example: Callable[[str], str]) -> None:
    text = worked_example("eigenvectors")
    a = np.array([[2.0, 1.0], [1.0, 2.0]])
    small, large = np.linalg.eigvalsh(a)
    assert f"$\\lambda_1$ = {large:.0f} with" in text
    assert f"$\\lambda_2$ = {small:.0f} with" in text
    np.testing.assert_allclose(a @ [1, -1], small * np.array([1, -1]))
    v = np.array([1.0, 0.0])
    for step in range(1, 6):
        v = a @ v / np.linalg.norm(a @ v)
        if step in (1, 2, 5):
            assert f"$({v[0]:.4f}, {v[1]:.4f})$" in text
    assert f"falls by {large / small:.0f} in each step, to {(v[0] - v[1]) / (v[0] + v[1]):.4f} after five" in text
    assert f"are {1 - 0.5 * large:.1f} and {1 - 0.5 * small:.1f}" in text
    assert f"2/3 = {2 / large:.4f}" in text
    assert f"the factor {1 - 0.7 * large:.1f} and diverges" in text
    shear = np.array([[1, 1], [0, 1]])
    grown = np.linalg.matrix_power(shear, 10) @ [0, 1]
    assert f"maps $(0, 1)$ to $({grown[0]}, {grown[1]})$" in text
    assert np.linalg.matrix_rank(shear - np.eye(2)) == 1


def test_pca(worked_example: Callable[[str], str]) -> None:
    text = worked_example("pca")
    points = np.array([[0.0, 0.0], [2.0, 1.0], [4.0, 4.0], [6.0, 3.0]])
    n, mean = len(points), points.mean(axis=0)
    centred = points - mean

    def leading(matrix: NDArray[np.float64]) -> NDArray[np.float64]:
        vector = np.linalg.eigh(matrix)[1][:, -1]
        return vector * np.sign(vector[0])

    def written(vector: NDArray[np.float64]) -> str:
        return f"$({vector[0]:.4f}, {vector[1]:.4f})$"

    assert f"mean $({mean[0]:.0f}, {mean[1]:.0f})$" in text
    covariance = centred.T @ centred / (n - 1)
    x, y, xy = covariance[0, 0], covariance[1, 1], covariance[0, 1]
    assert f"variances {x:.4f} and {y:.4f} and the covariance {xy:.4f}" in text
    small, large = np.linalg.eigvalsh(covariance)
    assert f"eigenvalues are {large:.4f} and {small:.4f}" in text
    first = leading(covariance)
    np.testing.assert_allclose(first, np.array([3, 2]) / np.sqrt(13))
    assert f"first direction is {written(first)}" in text
    assert f"keeps {large / (large + small):.2%} of the variance" in text
    error = np.sum((centred - np.outer(centred @ first, first)) ** 2)
    assert f"is {error:.4f} = {n - 1} times {small:.4f}" in text
    units = np.diag([1.0, 10.0])
    assert f"becomes {written(leading(units @ covariance @ units))}" in text
    moved = points + np.array([0.0, 20.0])
    assert f"$X^\\top X/n$ is {written(leading(moved.T @ moved / n))}" in text
    direction = moved.mean(axis=0)
    assert f"direction of the mean, {written(direction / np.linalg.norm(direction))}" in text


def test_svd_and_low_rank(worked_example: Callable[[str], str]) -> None:
    text = worked_example("svd-and-low-rank")
    a = np.array([[3.0, 0.0], [4.0, 5.0]])
    u, s, vt = np.linalg.svd(a)
    eigenvalues = np.sort(np.linalg.eigvals(a).real)
    assert f"has eigenvalues {eigenvalues[0]:.0f} and {eigenvalues[1]:.0f}, but" in text
    (p, q), (r, t) = a.T @ a
    assert f"$A^\\top A = [[{p:.0f}, {q:.0f}], [{r:.0f}, {t:.0f}]]$ has eigenvalues" in text
    assert f"eigenvalues {s[0] ** 2:.0f} and {s[1] ** 2:.0f}, so" in text
    assert f"the singular values are {s[0]:.4f} and {s[1]:.4f}" in text
    best = s[0] * np.outer(u[:, 0], vt[0])
    (p, q), (r, t) = best
    assert f"$[[{p:.1f}, {q:.1f}], [{r:.1f}, {t:.1f}]]$, with" in text
    assert f"a Frobenius error of {np.linalg.norm(a - best):.4f}" in text

    root = np.diag([1.0, 0.1])
    assert f"output error of {np.linalg.norm((a - best) @ root) ** 2:.4f}" in text
    u, s, vt = np.linalg.svd(a @ root)
    aware = s[0] * np.outer(u[:, 0], vt[0]) @ np.linalg.inv(root)
    assert f"brings it to {np.linalg.norm((a - aware) @ root) ** 2:.4f}" in text

    m, n, k = 1024, 4096, 64
    assert f"has {m * n:,} weights" in text
    assert f"have {k * (m + n):,}, or {k * (m + n) / (m * n):.2%} of them" in text
    assert f"below rank {m * n / (m + n):.1f}" in text


def test_positive_definite_matrices(worked_example: Callable[[str], str]) -> None:
    text = worked_example("positive-definite-matrices")
    a = np.array([[4.0, 2.0], [2.0, 3.0]])
    factor = np.linalg.cholesky(a)
    (p, q), (r, s) = factor
    assert f"$L = [[{p:.0f}, {q:.0f}], [{r:.0f}, {s:.4f}]]$" in text
    small, large = np.linalg.eigvalsh(a)
    assert f"eigenvalues are {large:.4f} and {small:.4f}, its determinant is {np.linalg.det(a):.0f}" in text
    log_determinant = 2 * np.log(np.diag(factor)).sum()
    np.testing.assert_allclose(log_determinant, np.log(8))
    assert f"$2\\sum_i \\log L_{{ii}}$ = {log_determinant:.4f} = $\\log 8$" in text

    b, x = np.array([[1.0, 2.0], [2.0, 1.0]]), np.array([1.0, -1.0])
    small, large = np.linalg.eigvalsh(b)
    assert f"the form is {x @ b @ x:.0f}; its eigenvalues are {large:.0f} and {small:.0f}" in text

    data = np.array([[1.0, 1.0], [2.0, 2.0], [3.0, 3.0]])
    gram = data.T @ data
    assert f"[[{gram[0, 0]:.0f}, {gram[0, 1]:.0f}], [{gram[1, 0]:.0f}, {gram[1, 1]:.0f}]]$ has" in text
    small, large = np.linalg.eigvalsh(gram)
    assert f"eigenvalues {large:.0f} and {abs(small):.0f}: semidefinite only" in text
    small, large = np.linalg.eigvalsh(gram + 0.01 * np.eye(2))
    assert f"gives {large:.2f} and {small:.2f}, a condition number of {large / small:.0f}" in text


def test_orthogonality_regularisation(worked_example: Callable[[str], str]) -> None:
    text = worked_example("orthogonality-regularisation")
    sigma = np.array([1.2, 0.9, 0.5])
    rng = np.random.default_rng(0)
    left, right = (np.linalg.qr(rng.normal(size=(3, 3)))[0] for _ in range(2))
    w = left @ np.diag(sigma) @ right
    excess = w @ w.T - np.eye(3)
    parts = (sigma**2 - 1) ** 2
    np.testing.assert_allclose(np.linalg.norm(excess) ** 2, parts.sum())
    assert f"{' + '.join(f'{part:.4f}' for part in parts)} = {parts.sum():.4f}" in text
    moved = np.linalg.svd(w - 0.05 * 4 * excess @ w)[1]
    assert f"{moved[0]:.4f}, {moved[1]:.4f} and {moved[2]:.4f}" in text
    assert f"shrinks to {0.9**50:.4f}" in text
    assert f"grows to {1.2**50:.0f} times" in text

    strength, decay = 0.5, 0.1
    grid = np.linspace(0, 1.5, 150001)
    settled = grid[np.argmin(strength * (grid**2 - 1) ** 2 + decay * grid**2)]
    assert f"$\\sigma$ = {settled:.4f}" in text
    np.testing.assert_allclose(settled, np.sqrt(1 - decay / (2 * strength)), atol=1e-5)

    def cayley(x: float) -> NDArray[np.float64]:
        s = np.array([[0.0, x], [-x, 0.0]])
        return (np.eye(2) - s) @ np.linalg.inv(np.eye(2) + s)

    (p, q), (r, t) = cayley(0.5)
    assert f"$[[{p:.1f}, {q:.1f}], [{r:.1f}, {t:.1f}]]$, a rotation" in text
    np.testing.assert_allclose(cayley(7.3) @ cayley(7.3).T, np.eye(2), atol=1e-12)


def test_sparse_coding_and_dictionary_learning(worked_example: Callable[[str], str]) -> None:
    text = worked_example("sparse-coding-and-dictionary-learning")
    x, penalty = 2.0, 0.5

    def best(length: float) -> tuple[float, float]:
        code = max(length * x - penalty, 0) / length**2
        return code, 0.5 * (x - length * code) ** 2 + penalty * code

    code, objective = best(1)
    assert f"best code is {code:.1f}, with objective {objective:.4f}" in text
    code, objective = best(10)
    assert f"best code is {code:.4f} and the objective only {objective:.5f}" in text

    signals = np.array([[2.0, 1.0, 1.0], [1.0, 2.0, 2.0]])
    codes = np.array([[2.0, 1.0, 0.0], [0.0, 1.0, 2.0]])
    dictionary = signals @ codes.T @ np.linalg.inv(codes @ codes.T)
    (p, q), (r, s) = dictionary
    assert f"[[{p:.4f}, {q:.4f}], [{r:.4f}, {s:.4f}]]" in text
    assert f"error left is {np.linalg.norm(signals - dictionary @ codes) ** 2:.4f}" in text
    assert f"has norm {np.linalg.norm(dictionary[:, 0]):.4f}" in text

    def coherence(atoms: NDArray[np.float64]) -> float:
        return float(np.abs(atoms.T @ atoms - np.eye(atoms.shape[1])).max())

    hadamard = np.ones((1, 1))
    for _ in range(6):
        hadamard = np.block([[hadamard, hadamard], [hadamard, -hadamard]])
    plane = coherence(np.array([[1, 0], [0.8, 0.6], [0, 1]]).T)
    pair = coherence(np.hstack([np.eye(64), hadamard / 8]))
    assert f"$\\mu$ = {plane:.1f}, so the bound is {(1 + 1 / plane) / 2:.3f}" in text
    assert f"$\\mu$ = {pair:.3f}, so the bound is {(1 + 1 / pair) / 2:.1f}" in text


def test_ista_and_lista(worked_example: Callable[[str], str]) -> None:
    text = worked_example("ista-and-lista")
    dictionary, penalty = np.array([[1.0, 0.8], [0.0, 0.6]]), 0.1

    def soft(u: NDArray[np.float64], threshold: float) -> NDArray[np.float64]:
        return np.sign(u) * np.maximum(np.abs(u) - threshold, 0)

    def step(x: NDArray[np.float64], a: NDArray[np.float64], scale: float) -> NDArray[np.float64]:
        return soft(a + dictionary.T @ (x - dictionary @ a) / scale, penalty / scale)

    def objective(x: NDArray[np.float64], a: NDArray[np.float64]) -> float:
        return float(0.5 * np.sum((x - dictionary @ a) ** 2) + penalty * np.abs(a).sum())

    def written(vector: NDArray[np.float64]) -> str:
        return f"({', '.join(f'{value:.4f}' for value in vector)})"

    def scientific(value: float) -> str:
        mantissa, exponent = f"{value:.1e}".split("e")
        return f"${mantissa} \\times 10^{{{int(exponent)}}}$"

    small, large = np.linalg.eigvalsh(dictionary.T @ dictionary)
    assert f"eigenvalues {large:.1f} and {small:.1f}, so $L$ = {large:.1f}" in text
    x, other = np.array([1.0, 0.2]), np.array([0.2, -0.6])
    optimum, other_optimum = np.zeros(2), np.zeros(2)
    for _ in range(500):
        optimum, other_optimum = step(x, optimum, large), step(other, other_optimum, large)
    assert f"$a^*$ = {written(optimum)} with objective {objective(x, optimum):.4f}" in text

    a = fast = previous = extrapolated = np.zeros(2)
    t, gaps, fast_gaps = 1.0, list[float](), list[float]()
    for _ in range(15):
        a = step(x, a, large)
        previous, fast = fast, step(x, extrapolated, large)
        t_next = (1 + np.sqrt(1 + 4 * t**2)) / 2
        t, extrapolated = t_next, fast + (t - 1) / t_next * (fast - previous)
        gaps.append(objective(x, a) - objective(x, optimum))
        fast_gaps.append(objective(x, fast) - objective(x, optimum))
    bound = large * optimum @ optimum / (2 * 10)
    assert f"the gap is {scientific(gaps[9])} for ISTA (its bound: {bound:.4f})" in text
    assert f"and {scientific(fast_gaps[9])} for FISTA; after 15 steps" in text
    assert f"FISTA stands at {scientific(fast_gaps[14])}, higher" in text

    a, run = np.zeros(2), list[float]()
    for _ in range(30):
        a = step(x, a, 0.8)
        run.append(objective(x, a))
    assert f"runs {run[0]:.4f}, {run[1]:.4f}, {run[2]:.4f} and has reached {run[-1]:.0f} after 30" in text

    threshold = penalty * np.linalg.inv(dictionary.T @ dictionary).sum(axis=1)[0]
    assert f"$\\theta = {threshold:.4f}$ gives {written(soft(np.linalg.solve(dictionary, x), threshold))}, the" in text
    wrong = soft(np.linalg.solve(dictionary, other), threshold)
    assert f"it gives {written(wrong)}, whereas the optimum is {written(other_optimum)}" in text
