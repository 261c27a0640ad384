"""Analysis of recorded activity and movement."""
