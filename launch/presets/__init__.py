"""Settings that are known to work: a file a task, a named value each."""
