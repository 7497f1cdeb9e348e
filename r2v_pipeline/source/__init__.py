"""Text to data that remembers where it came from, from disk or from a Git revision through one interface."""
