"""Stands in for onnxruntime in processes that embed nothing: the real one takes memory that is not theirs."""

raise ImportError("There is no model here.")
