"""innervate.launch.bench."""
