"""Differentiable bodies: pure, batched torch steps to train controllers through."""
