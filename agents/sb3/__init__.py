"""Controllers inside stable-baselines3's own algorithms."""
