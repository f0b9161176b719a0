"""Encode passages, keep them in an index, and find them again."""
