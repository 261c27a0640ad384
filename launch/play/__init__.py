"""Watching an agent live: in MuJoCo's window, on a web page, or as text."""
