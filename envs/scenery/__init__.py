"""What stands around a body: rooms, towns, walls, weather, looks."""
