"""Viva on Discord."""
