"""Other software on callqual's recordings: ``python -m benchmarks.peers``. Each in an environment of its own, none a dependency."""
