"""What both ends of a rosbridge connection call things."""

EMBEDDED = "innervate"
"""The embedded server's answer to which distribution of ROS it is: none, and of both dialects."""
NODE = "/innervate"
"""The embedded server's own name among the nodes."""
