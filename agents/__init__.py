"""innervate.agents."""
