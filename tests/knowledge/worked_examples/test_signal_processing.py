from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray


def test_signal_processing_and_deep_learning(worked_example: Callable[[str], str]) -> None:
    text = worked_example("signal-processing-and-deep-learning")
    rate, tone, stride, samples = 16_000, 6_000, 2, 1600
    strided = np.cos(2 * np.pi * tone / rate * np.arange(samples))[::stride]
    bins = np.fft.rfftfreq(len(strided), stride / rate)
    alias = bins[np.abs(np.fft.rfft(strided)).argmax()]
    assert f"A {tone // 1000} kHz tone is sampled at {rate // 1000} kHz" in text
    assert f"a rate of {rate // stride // 1000} kHz" in text
    assert f"Nyquist frequency at {bins[-1] / 1000:.0f} kHz" in text
    assert f"the tone appears at {alias / 1000:.0f} kHz" in text

    def gain(frequency: float) -> float:
        return float(abs(np.array([0.5, 0.5]) @ np.exp(-2j * np.pi * frequency / rate * np.arange(2))))

    assert f"a gain of {gain(tone):.4f} at 6 kHz and {gain(alias):.4f} at 2 kHz" in text

    short, long = round(0.025 * rate), round(0.1 * rate)
    assert f"25 ms ({short} samples) has DFT bins {np.fft.rfftfreq(short, 1 / rate)[1]:.0f} Hz apart" in text
    assert f"100 ms has them {np.fft.rfftfreq(long, 1 / rate)[1]:.0f} Hz apart" in text

    template, variance = np.array([1.0, 2.0, -1.0]), 0.5

    def snr(h: NDArray[np.float64]) -> float:
        return float((h @ template) ** 2 / (variance * h @ h))

    assert f"signal-to-noise ratio of {snr(template):.2f} at its peak" in text
    assert f"at the same instant only {snr(np.ones(3)):.2f}" in text
