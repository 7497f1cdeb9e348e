"""Where the npm packages of the vendors are, for tests that run their official clients."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

PACKAGES = ("ai", "@ai-sdk/gateway", "@ai-sdk/alibaba", "@vercel/blob")


def node_modules() -> Path | None:
    """The folder `node_modules` of R2V_NODE_MODULES (itself, or in it), else beside the clients here; None where a
    package is missing."""
    named = os.environ.get("R2V_NODE_MODULES", "")
    found = Path(named) if named else Path(__file__).parent / "clients"
    folder = found if found.name == "node_modules" else found / "node_modules"
    return folder if all((folder / package).is_dir() for package in PACKAGES) else None


def why_not() -> str:
    """Why such tests cannot run here; empty where they can."""
    if not shutil.which("node"):
        return "node is not installed"
    if node_modules() is None:
        return f"no {', '.join(PACKAGES)}: 'npm install' them somewhere, and name the folder in R2V_NODE_MODULES"
    return ""
