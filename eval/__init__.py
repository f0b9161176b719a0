"""Measure retrieval and answers on question files."""
