"""innervate.perception.place."""
