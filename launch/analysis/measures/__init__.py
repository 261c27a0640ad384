"""Measures: pure functions of recorded arrays."""
