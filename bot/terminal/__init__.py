"""The terminal surface: lines in, replies drawn with rich."""
