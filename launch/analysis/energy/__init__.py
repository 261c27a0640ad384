"""What an answer costs: multiply-adds, synaptic operations, bits, and how rare spikes must be to win."""
