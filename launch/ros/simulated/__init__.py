"""A simulation that poses as a robot."""
