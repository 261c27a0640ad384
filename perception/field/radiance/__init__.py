"""The radiance field itself: grids, rays, training."""
