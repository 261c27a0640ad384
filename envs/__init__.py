"""innervate.envs."""
