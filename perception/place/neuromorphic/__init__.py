"""Export to neuromorphic hardware."""
