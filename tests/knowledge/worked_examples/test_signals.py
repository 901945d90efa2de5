from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray


def test_convolution_and_filters(worked_example: Callable[[str], str]) -> None:
    text = worked_example("convolution-and-filters")

    def gain(taps: list[float], omega: float) -> float:
        return float(abs(np.array(taps) @ np.exp(-1j * omega * np.arange(len(taps)))))

    for taps in ([0.25, 0.5, 0.25], [-1.0, 1.0]):
        zero, half, top = (gain(taps, omega) for omega in (0.0, np.pi / 2, np.pi))
        assert f"$|H(0)| = {zero:.2f}$, $|H(\\pi/2)| = {half:.2f}$, $|H(\\pi)| = {top:.2f}$" in text

    signal, kernel = np.array([1, 2, 3, 4]), np.array([1, 1])
    linear = np.convolve(signal, kernel)
    circular = np.fft.irfft(np.fft.rfft(signal, 4) * np.fft.rfft(kernel, 4), 4)
    padded = np.fft.irfft(np.fft.rfft(signal, 5) * np.fft.rfft(kernel, 5), 5)
    np.testing.assert_allclose(padded, linear, atol=1e-12)
    assert f"linear convolution gives $({', '.join(map(str, linear))})$" in text
    assert f"DFTs of length 4 gives $({', '.join(f'{value:.0f}' for value in circular)})$" in text

    length = 16384
    assert f"take {3 * 16000} multiplications" in text
    assert f"length {length} has {length // 2 * int(np.log2(length))} butterflies" in text


def test_learned_front_ends(worked_example: Callable[[str], str]) -> None:
    text = worked_example("learned-front-ends")
    channels, taps, rate = 64, 401, 16_000
    gabor, pooling, compression = 2 * channels, channels, 4 * channels
    assert f"{channels} channels LEAF has {gabor} Gabor parameters, {pooling} pooling widths" in text
    assert f"{compression} parameters of the compression, together {gabor + pooling + compression}" in text
    assert f"{taps} taps ({taps / rate * 1000:.0f} ms at 16 kHz) would have {2 * taps * channels}" in text

    sigma, centre = 0.005, 1000.0
    time = (np.arange(rate) - rate / 2) / rate
    response = np.abs(np.fft.fft(np.exp(-(time**2) / (2 * sigma**2)) * np.exp(2j * np.pi * centre * time)))
    offset = np.fft.fftfreq(rate, 1 / rate) - centre
    width = np.sqrt((response * offset**2).sum() / response.sum())
    np.testing.assert_allclose(width, 1 / (2 * np.pi * sigma), rtol=1e-3)
    assert f"standard deviation {width:.1f} Hz" in text

    gain = 100.0
    assert f"energy rises by {np.log(gain):.3f}" in text
    assert f"$100^{{0.02}} = {gain / gain**0.98:.4f}$" in text


def test_sampling_and_aliasing(worked_example: Callable[[str], str]) -> None:
    text = worked_example("sampling-and-aliasing")

    def alias(frequency: int, rate: int) -> float:
        count = 1000
        spectrum = np.abs(np.fft.rfft(np.cos(2 * np.pi * frequency / rate * np.arange(count))))
        return float(np.fft.rfftfreq(count, 1 / rate)[spectrum.argmax()])

    first, second, third = (alias(frequency, 16) for frequency in (9, 23, 30))
    assert f"9 kHz appears at {first:.0f} kHz, one at 23 kHz also at {second:.0f} kHz" in text
    assert f"one at 30 kHz at {third:.0f} kHz" in text
    low, high = alias(24, 13), alias(21, 13)
    assert f"lands between {low:.0f} and {high:.0f} kHz" in text
    assert f"24 kHz becomes {low:.0f} kHz and 21 kHz becomes {high:.0f} kHz" in text

    frequency, rate, instant, side = 3, 8, 0.1, 100_000
    index = np.arange(-side, side + 1)
    samples = np.cos(2 * np.pi * frequency * index / rate)
    rebuilt = (samples * np.sinc(rate * instant - index)).sum()
    line = np.interp(instant, index / rate, samples)
    assert f"its value is ${np.cos(2 * np.pi * frequency * instant):.4f}$" in text
    assert f"sum of sincs over {side} samples on either side gives ${rebuilt:.4f}$" in text
    assert f"neighbouring samples gives ${line:.4f}$" in text


def test_aliasing_in_strided_layers(worked_example: Callable[[str], str]) -> None:
    text = worked_example("aliasing-in-strided-layers")
    edge = (np.arange(8) > 2).astype(float)
    blur = np.array([0.25, 0.5, 0.25])
    plain, blurred = list[str](), list[str]()
    totals = list[float]()
    for signal in (edge, np.concatenate([[0.0], edge[:-1]])):
        dense = np.maximum(np.diff(signal), 0)
        smooth = np.convolve(dense, blur, "same")
        plain.append(", ".join(f"{value:g}" for value in dense[::2]))
        blurred.append(", ".join(f"{value:g}" for value in smooth[::2]))
        totals.append(float(smooth[::2].sum()))
    assert f"$x = ({','.join(f'{value:g}' for value in edge)})$" in text
    assert f"stride two reads $({plain[0]})$" in text
    assert f"further right it reads $({plain[1]})$" in text
    assert f"the two readings are $({blurred[0]})$ and $({blurred[1]})$, both with sum {totals[0]:g}" in text
    np.testing.assert_allclose(totals[0], totals[1])
    assert abs(blur @ (-1.0) ** np.arange(3)) < 1e-12


def test_filter_banks_and_first_layer_filters(worked_example: Callable[[str], str]) -> None:
    text = worked_example("filter-banks-and-first-layer-filters")
    signal = np.array([4.0, 2.0, 1.0, 3.0])
    spectrum = np.fft.fft(signal)
    low, high = (np.fft.fft(taps, 4) for taps in ([0.5, 0.5], [0.5, -0.5]))
    dense = [np.abs(np.fft.fft(taps, 64)) ** 2 for taps in ([0.5, 0.5], [0.5, -0.5])]
    np.testing.assert_allclose(sum(dense), 1)
    assert f"= {dense[0][7] + dense[1][7]:.2f}$ at every frequency" in text
    energies = [(np.fft.ifft(response * spectrum).real ** 2).sum() for response in (low, high)]
    assert f"energy {(signal**2).sum():.0f}, the two outputs" in text
    assert f"have energies {energies[0]:.2f} and {energies[1]:.2f}" in text
    rebuilt = np.fft.ifft((low.conj() * low + high.conj() * high) * spectrum).real
    np.testing.assert_allclose(rebuilt, signal)
    gap = np.sum([0.5, -0.5]) ** 2 + np.sum([0.25, -0.5, 0.25]) ** 2
    assert f"at $\\omega = 0$ the sum of squares is {gap:.2f}" in text
    assert f"has {100 * 4 / 1:.0f} Hz at 4 kHz" in text


def test_matched_filter(worked_example: Callable[[str], str]) -> None:
    text = worked_example("matched-filter")
    template, variance = np.array([1.0, 2.0, -1.0]), 0.5
    assert f"s^\\top s/\\sigma^2 = {template @ template / variance:.2f}$" in text

    short, covariance = np.array([1.0, 0.0]), np.array([[1.0, 0.8], [0.8, 1.0]])
    weights = np.linalg.solve(covariance, short)
    assert f"$C^{{-1}}s = ({weights[0]:.3f}, {weights[1]:.3f})$" in text
    ratio, plain = ((h @ short) ** 2 / (h @ covariance @ h) for h in (weights, short))
    np.testing.assert_allclose(ratio, short @ weights)
    assert f"s^\\top C^{{-1}}s = {ratio:.2f}$, whereas the plain template reaches {plain:.2f}" in text

    templates, signal = np.array([[1.0, 0.0], [0.0, 2.0]]), np.array([1.0, 1.0])
    correlations = templates @ signal
    logits = correlations - (templates**2).sum(1) / 2
    likelihoods = np.exp(-((signal - templates) ** 2).sum(1) / 2)
    posterior = likelihoods / likelihoods.sum()
    np.testing.assert_allclose(np.exp(logits) / np.exp(logits).sum(), posterior)
    assert f"the logits are {logits[0]:.1f} and {logits[1]:.1f}" in text
    assert f"the first has probability {posterior[0]:.3f}" in text
    assert f"its correlation {correlations[0]:.0f} is smaller than the other's {correlations[1]:.0f}" in text


def test_time_frequency_resolution(worked_example: Callable[[str], str]) -> None:
    text = worked_example("time-frequency-resolution")
    rate = 16_000

    def product(window: NDArray[np.float64]) -> float:
        time = np.arange(len(window)) - (len(window) - 1) / 2
        size = 1 << 16
        power = np.abs(np.fft.fft(window, size)) ** 2
        in_time = (window**2 * time**2).sum() / (window**2).sum()
        in_frequency = (power * np.fft.fftfreq(size) ** 2).sum() / power.sum()
        return float(np.sqrt(in_time * in_frequency))

    gaussian = np.exp(-((np.arange(2001) - 1000) ** 2) / (2 * 125.0**2))
    assert f"1/(4\\pi) = {1 / (4 * np.pi):.4f}$" in text
    assert f"Gaussian window has a product of {product(gaussian):.4f}" in text
    assert f"a Hann window {product(np.hanning(2001)):.4f}" in text

    def peaks(length: int, size: int) -> int:
        time = (np.arange(length) - length / 2) / rate
        tones = np.cos(2 * np.pi * 1000 * time) + np.cos(2 * np.pi * 1030 * time)
        spectrum = np.abs(np.fft.rfft(tones * np.hanning(length + 1)[:-1], size))
        middle = spectrum[1:-1]
        top = (middle > spectrum[:-2]) & (middle > spectrum[2:]) & (middle > spectrum.max() / 2)
        return int(top.sum())

    assert peaks(400, 400) == peaks(400, rate)
    assert f"With 25 ms the spectrum has {peaks(400, rate)} peak," in text
    assert f"With 100 ms it has {peaks(1600, rate)} peaks" in text

    count, ratio = 400, 1.0
    error = rate / (2 * np.pi) * np.sqrt(12 / (ratio * count * (count**2 - 1)))
    assert f"the bins are {rate / count:.0f} Hz apart" in text
    assert f"about {error:.1f} Hz" in text


def test_spectral_bias(worked_example: Callable[[str], str]) -> None:
    text = worked_example("spectral-bias")
    count = 1 << 12
    turn = 2 * np.pi * np.arange(count) / count
    angle = np.minimum(turn, 2 * np.pi - turn)
    kernel = (1 + np.cos(angle)) * (np.pi - angle) / (2 * np.pi)

    # the formula is the tangent kernel: the mean over random weights of active(x) active(x') (x.x' + 1)
    weights = 2 * np.pi * (np.arange(100_000) + 0.5) / 100_000
    for theta in (0.5, 2.0):
        both_active = ((np.cos(weights) > 0) & (np.cos(weights - theta) > 0)).mean()
        formula = np.interp(theta, turn[: count // 2], kernel[: count // 2])
        np.testing.assert_allclose(both_active * (np.cos(theta) + 1), formula, rtol=1e-3)

    eigenvalues = np.fft.rfft(kernel).real / count
    for k in (3, 9):
        assert f"\\lambda_{k} = {eigenvalues[k]:.5f}$" in text
    assert f"\\lambda_{{27}} = {eigenvalues[27]:.5f}$" in text
    np.testing.assert_allclose(eigenvalues[3] / eigenvalues[[9, 27]], [9, 81], rtol=1e-3)
    assert eigenvalues.argmax() == 0
    assert f"$\\lambda_0 = {eigenvalues[0]:.4f}$" in text
    steps = [int(np.ceil(np.log(0.01) / np.log(1 - eigenvalues[k] / eigenvalues[0]))) for k in (3, 9, 27)]
    assert f"takes {steps[0]} steps for $k = 3$, {steps[1]} for $k = 9$ and {steps[2]} for $k = 27$" in text
