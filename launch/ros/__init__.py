"""The ROS bridge: an agent drives a robot, a simulation poses as one, a robot is a Gymnasium environment."""
