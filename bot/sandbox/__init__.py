"""Where code that a candidate pasted is run: untrusted Python, in a place where it can do no harm."""
