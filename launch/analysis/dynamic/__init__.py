"""The dynamic functional connectome: which pairs of neurons change together when, and which communities they form."""
