"""A controller drives a robot, real or simulated."""
