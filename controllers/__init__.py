"""innervate.controllers."""
