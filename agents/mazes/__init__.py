"""The agent of Fang and Stachenfeld (2024) on mazes of single cells, and its compiled trainers."""
