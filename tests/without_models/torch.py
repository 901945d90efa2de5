"""Stands in for torch in processes that embed nothing: loading the real one takes seconds."""

raise ImportError("There is no model here.")
