"""Learners: experience in, parameters out."""
