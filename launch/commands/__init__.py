"""innervate.launch.commands."""
