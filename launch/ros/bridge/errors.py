"""What can go wrong between a controller and a robot."""

from innervate.errors import InnervateError


class WireError(InnervateError):
    """No connection, a lost one, or a peer that refuses or does not answer."""


class NoAnswerError(WireError):
    """A service did not answer in time: whether it did what it was asked for is not known."""


class MessageError(InnervateError, ValueError):
    """A message that is malformed, of the wrong type or shape, or not finite; it is dropped, counted and reported."""


class RobotFileError(InnervateError, ValueError):
    """A robot file that says something impossible, or that does not fit the controller or the robot."""
