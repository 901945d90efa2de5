"""Viva on Slack."""
