from collections.abc import Callable

import numpy as np


def _embeddings(vocabulary: int, d: int) -> dict[str, int]:
    return {"pieces": vocabulary * d, "positions": 512 * d, "segments": 2 * d, "norm": 2 * d}


def _layer(d: int, inner: int) -> dict[str, int]:
    return {
        "attention": 4 * (d * d + d),
        "feed-forward": d * inner + inner + inner * d + d,
        "norms": 2 * 2 * d,
    }


def test_bert_parameterisation(worked_example: Callable[[str], str]) -> None:
    text = worked_example("bert-parameterisation")
    vocabulary, d, depth = 30_522, 768, 12
    embeddings, layer = _embeddings(vocabulary, d), _layer(d, 3072)
    in_embeddings, in_layer = sum(embeddings.values()), sum(layer.values())
    pooler = d * d + d
    total = in_embeddings + depth * in_layer + pooler
    assert total == 109_482_240

    assert f"word pieces 30,522 × 768 = {embeddings['pieces']:,}" in text
    assert f"positions 512 × 768 = {embeddings['positions']:,}" in text
    assert f"segments 2 × 768 = {embeddings['segments']:,}" in text
    assert f"LayerNorm 2 × 768 = {embeddings['norm']:,}; together {in_embeddings:,}" in text
    assert f"attention 4 × (768² + 768) = {layer['attention']:,}" in text
    assert f"3072 × 768 + 768 = {layer['feed-forward']:,}" in text
    assert f"4 × 768 = {layer['norms']:,}; together {in_layer:,}" in text
    assert f"Twelve layers: {depth * in_layer:,}" in text
    assert f"Pooler: 768² + 768 = {pooler:,}" in text
    assert f"Total: {total:,}" in text
    assert f"embeddings {in_embeddings / total:.1%}" in text
    assert f"feed-forward blocks {depth * layer['feed-forward'] / total:.1%}" in text
    assert f"attention blocks {depth * layer['attention'] / total:.1%}" in text
    assert f"Without the embeddings {total - in_embeddings:,} remain" in text

    # The decoder is the embedding table again: a dense map, a LayerNorm and a bias per word piece.
    masked_head, next_sentence = (d * d + d) + 2 * d + vocabulary, 2 * d + 2
    assert f"head would add {masked_head:,}" in text
    assert f"next-sentence head {next_sentence:,}" in text
    assert f"which gives {total + masked_head + next_sentence:,}" in text
    assert f"untied output matrix would add {vocabulary * d:,} more" in text

    large, large_layer = sum(_embeddings(vocabulary, 1024).values()), sum(_layer(1024, 4096).values())
    large_total = large + 24 * large_layer + 1024 * 1024 + 1024
    assert f"{large:,} in the embeddings and {large_layer:,} a layer, {large_total:,} in all" in text
    assert f"down to {large / large_total:.1%}" in text
    assert f"30,522 × 128 + 128 × 768 = {vocabulary * 128 + 128 * d:,}" in text


def test_masked_language_modelling(worked_example: Callable[[str], str]) -> None:
    text = worked_example("masked-language-modelling")
    tokens = 512
    chosen = 0.15 * tokens
    assert f"{chosen:.1f} chosen" in text
    assert f"{0.8 * chosen:.2f} become [MASK]" in text
    assert f"{0.1 * chosen:.2f} a random token and {0.1 * chosen:.2f} stay" in text
    assert f"{0.8 * 0.15:.1%} of the input is masked and {0.1 * 0.15:.1%} is random" in text
    assert f"{tokens - 1} predictions on it, {(tokens - 1) / chosen:.1f} times" in text

    loss = -np.log([0.6, 0.25, 0.9]).mean()
    assert f"/3 = {loss:.4f}$ nats" in text

    joint = np.array([[0.5, 0.0], [0.0, 0.5]])  # (New, Los) x (York, Angeles)
    first, second = joint.sum(axis=1), joint.sum(axis=0)
    seen = joint > 0
    independent = -(joint[seen] * np.log(np.outer(first, second)[seen])).sum()
    needed = -(joint[seen] * np.log(joint[seen])).sum()
    assert f"a probability of {first[0] * second[1]:.2f}" in text
    assert f"2\\log 2 = {independent:.3f}$ nats" in text
    assert f"\\log 2 = {needed:.3f}$. Masked" in text
    pseudo = np.log(joint[0, 0] / second[0]) + np.log(joint[0, 0] / first[0])
    assert f'of "New York" is {pseudo:.0f}, while its log-probability is $-{-np.log(joint[0, 0]):.3f}$' in text
