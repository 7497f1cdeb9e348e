"""The parts of `check`: which files, which codes, how it is told, and what can be mended."""
