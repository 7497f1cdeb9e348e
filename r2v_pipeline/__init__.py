"""r2v: a build system for generated video.

This file imports nothing: it is on the path of every start, `r2v --version` included.
"""

__version__ = "0.1.0"
