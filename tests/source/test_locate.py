"""A place inside a text finds its place in the file, whatever the text's style."""

from __future__ import annotations

import pytest

from r2v_pipeline.diagnostics import SourceText
from r2v_pipeline.source.locate import within
from r2v_pipeline.source.yaml12 import load_yaml

STYLES = {
    "plain": "k: the {{ word }} here\n",
    "single": "k: 'it''s the {{ word }} here'\n",
    "double": 'k: "say \\"hi\\" to the {{ word }} here"\n',
    "folded plain": "k: the first line\n  and the {{ word }} here\n",
    "literal": "k: |\n  the first\n  the {{ word }} here\n",
    "folded": "k: >-\n  the first\n  the {{ word }} here\n",
    "indented": "a:\n  - k: the\n      {{ word }} here\n",
    "wide": "k: 日本の{{ word }}です\n",
}


@pytest.mark.parametrize("style", STYLES)
def test_the_very_word_is_found(style):
    source = SourceText("a.yaml", STYLES[style])
    data, found = load_yaml(source)
    assert () == found
    holder = data["a"][0] if "a" in data else data
    at = holder["k"].index("word")
    span = within(holder["k"], holder.value_span("k"), at, at + 4)
    assert "word" == source.text[span.start : span.end]
