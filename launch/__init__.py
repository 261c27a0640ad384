"""innervate.launch."""
