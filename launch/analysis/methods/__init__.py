"""Methods of analysis, a file each."""
