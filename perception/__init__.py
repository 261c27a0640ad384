"""innervate.perception."""
