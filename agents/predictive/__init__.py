"""Learners whose representation also predicts: auxiliary objectives beside a value loss."""
