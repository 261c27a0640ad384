"""Rooms and tracks of single cells, seen from above as small images: what representation studies are made on.

Importing this package does not import mujoco or gymnasium.
"""

from ._maze import Maze, four_rooms, open_room, ring

__all__ = ["Maze", "four_rooms", "open_room", "ring"]
