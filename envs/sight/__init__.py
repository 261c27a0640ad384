"""OpenGL, cameras, event cameras, viewpoints."""
