"""From pictures to what recognisers see."""
