"""`r2v schema`: the JSON Schema of the storyboard language, as editors read it."""

from __future__ import annotations

import argparse
import sys

from r2v_pipeline.errors import DiskTrouble
from r2v_pipeline.model.schema_file import schema_text


def run(arguments: list[str]) -> int:
    """Prints the schema that this r2v checks with, or writes it over the file that storyboards name to their editor."""
    parser = argparse.ArgumentParser("r2v schema", description="The JSON Schema of the language, for editors.")
    parser.add_argument("-o", "--output", metavar="FILE", help="write it to a file instead of printing it")
    target = parser.parse_args(arguments).output
    if target is None:
        sys.stdout.write(schema_text())
        return 0
    try:
        with open(target, "w", encoding="utf-8", newline="\n") as out:
            out.write(schema_text())
    except OSError as why:
        raise DiskTrouble(f"{target} cannot be written: {why.strerror}") from None
    sys.stdout.write(f"wrote {target}\n")
    return 0
