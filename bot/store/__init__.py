"""What is remembered: sessions as lists of events, and token usage."""
