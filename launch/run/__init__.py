"""Runs: folders that explain and resume themselves."""
