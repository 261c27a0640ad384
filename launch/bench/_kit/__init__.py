"""What all benchmarks share: pieces, rows, tables, timing."""
