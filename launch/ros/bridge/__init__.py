"""Ways to a robot: a rosbridge server or client of our own, or rclpy where it is installed."""
