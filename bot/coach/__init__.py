"""The heart: a conversation as a value, the interviewer's choices, and one door to both."""
