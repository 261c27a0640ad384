"""How a population is judged, here and on a cluster."""
