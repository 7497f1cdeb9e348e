"""Keys: the sandbox's own begin with `sbx_`; a real account's is refused, and nowhere kept or printed."""

from __future__ import annotations

import secrets
from pathlib import Path

from r2v_pipeline.canonical import digest_bytes

BLOB = "vercel_blob_rw_"


def account_of(key: str) -> str:
    """Who a key belongs to: a digest of it, never itself; empty for a key that is none of the sandbox's.

    Vercel Blob's clients want a token of the form `vercel_blob_rw_<store>_<secret>`; `vercel_blob_rw_` before a key of
    the sandbox is the same account.
    """
    own = key.removeprefix(BLOB)
    if not own.startswith("sbx_") or not own.isascii() or not own.isprintable():
        return ""
    return digest_bytes(own.encode())[:12]


def bearer(authorization: str) -> str:
    """The key of an Authorization header; empty where there is none."""
    scheme, _, key = authorization.partition(" ")
    return key.strip() if scheme.lower() == "bearer" else ""


def key_in(folder: Path) -> str:
    """The key that this server hands out, the same after a restart."""
    file = folder / "key"
    if not file.exists():
        file.touch(0o600)
        file.write_text(f"sbx_{secrets.token_hex(16)}")
    return file.read_text()
