"""Pictures: a file each."""
