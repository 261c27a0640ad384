"""Place recognisers: a file each."""
