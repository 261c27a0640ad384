"""One environment or thousands over the same physics: stepping, snapshots, replays, varied bodies, imperfect senses."""
