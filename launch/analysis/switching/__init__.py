"""Switching states: which of several circuits is at work when, each with interactions of its own."""
