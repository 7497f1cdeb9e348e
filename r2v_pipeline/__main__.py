"""`python -m r2v_pipeline`."""

import sys

from r2v_pipeline.cli.main import main

sys.exit(main())
