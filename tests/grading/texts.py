"""What may be typed, for properties that hold of every answer."""

from hypothesis import strategies as st

# Surrogates cannot be stored or sent, so no answer has them.
TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=80)
PROSE = st.text(st.sampled_from("abé 1.,;:!?\n-'’\u200b"), max_size=80)
