"""Text from a storyboard, a vendor or a file name, made harmless for the place it is shown in.

A prompt may hold an escape sequence that clears the screen above "approve?", a bidi override that turns a price round,
or a line that a CI runner takes for a command.  Every report sends foreign text through one of these functions and
nothing else; what they make is plain, visible and safe in any position of a line.
"""

from __future__ import annotations

import re
from typing import Any

# C0 and C1 controls, the bidi controls, the two Unicode line breaks, lone surrogates (which cannot be encoded), and
# what nobody can see: two words that look the same are the same.  The joiners stay: scripts and emoji need them.
_HOSTILE = re.compile(
    "[\x00-\x1f\x7f-\x9f\xad\u061c\u180e\u200b\u200e\u200f\u2028-\u202e\u2060-\u206f\ud800-\udfff\ufeff\ufff9-\ufffb"
    "\U000e0000-\U000e007f]"
)
_NAMED = {"\n": "\\n", "\r": "\\r", "\t": "\\t"}

# Runners read a command where a line starts with `::`, and the older `##[…]` and `##vso[…]` anywhere in it.
_COMMAND = re.compile(r"^(\s*):(?=:)")
_OLD_COMMAND = re.compile(r"#(?=#(?:vso)?\[)")

_PLAIN_CELL = re.compile(r"[\w ,:;+\-]*", re.ASCII)
_BACKTICKS = re.compile("`+")


def safe(text: str) -> str:
    """One line of foreign text for a terminal, a log or a CI console: hostile characters become visible escapes."""
    if not (text.isascii() and text.isprintable()) and _HOSTILE.search(text):
        text = _HOSTILE.sub(_escape, text)
    if "::" in text:
        text = _COMMAND.sub(r"\1\\x3a", text)
    if "##" in text:
        text = _OLD_COMMAND.sub(r"\\x23", text)
    return text


def safe_lines(text: str) -> str:
    """A finished report of several lines: as `safe`, but its own line breaks stay.

    The last door before output: what each value's own `safe` let pass because it stood elsewhere in its line is
    looked at again where it came to stand.
    """
    return "\n".join(safe(line) for line in text.split("\n"))


def safe_json(value: Any) -> str:
    """A JSON document for a console or a file, indented: every hostile character stands as an escape of JSON's own."""
    import json  # a report in words does not need it

    text = json.dumps(value, indent=2, ensure_ascii=False, allow_nan=False)
    # Outside strings only the line breaks of the layout match; inside them JSON has escaped its own.
    text = _HOSTILE.sub(lambda match: "\n" if match.group() == "\n" else json.dumps(match.group())[1:-1], text)
    return _OLD_COMMAND.sub(r"\\u0023", text)


def safe_cell(text: str) -> str:
    """A cell of a GitHub-flavoured Markdown table that is shown letter by letter.

    Anything but plain words becomes a code span: inside one no mention, issue number, link, image or HTML works.
    A `\\|` of the text would end the cell, since the table is split before code spans are seen.
    """
    text = safe(text).replace("\\|", "\\\\x7c")
    if _PLAIN_CELL.fullmatch(text) and "_" not in text:
        return text
    longest = max((len(run) for run in _BACKTICKS.findall(text)), default=0)
    fence = "`" * (longest + 1)
    pad = " " if text.startswith("`") or text.endswith("`") or not text.strip() else ""
    return f"{fence}{pad}{text}{pad}{fence}".replace("|", "\\|")


def _escape(match: re.Match[str]) -> str:
    char = match.group()
    code = ord(char)
    long = f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"
    return _NAMED.get(char) or (f"\\x{code:02x}" if code < 0x100 else long)
