"""`r2v schema`: the JSON Schema of the storyboard language, as editors read it."""

from __future__ import annotations

import argparse
import sys

from r2v_pipeline.model.schema_file import schema_text


def run(arguments: list[str]) -> int:
    """Prints the schema that this r2v checks with."""
    argparse.ArgumentParser("r2v schema", description="Print the JSON Schema of the language.").parse_args(arguments)
    sys.stdout.write(schema_text())
    return 0
