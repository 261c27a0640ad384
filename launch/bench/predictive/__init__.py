"""innervate.launch.bench.predictive."""
