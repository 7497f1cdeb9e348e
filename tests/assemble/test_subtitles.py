"""SubRip and WebVTT that every player reads the same way."""

from __future__ import annotations

import re

from hypothesis import given
from hypothesis import strategies as st

from r2v_pipeline.assemble.subtitles import COLUMNS, LINES, srt, vtt
from r2v_pipeline.assemble.timeline import Cue
from r2v_pipeline.media.graphemes import clusters, is_east_asian, is_emoji


def test_both_forms() -> None:
    cues = [Cue(0, 1500, "Mia", "Hello."), Cue(3_723_004, 3_724_000, "", "Bye.")]
    assert "1\n00:00:00,000 --> 00:00:01,500\nHello.\n\n2\n01:02:03,004 --> 01:02:04,000\nBye.\n" == srt(cues)
    assert "WEBVTT\n\n00:00:00.000 --> 00:00:01.500\n<v Mia>Hello.\n\n01:02:03.004 --> 01:02:04.000\nBye.\n" == vtt(
        cues
    )


def test_nothing_said_is_an_empty_file() -> None:
    assert ("", "WEBVTT\n") == (srt([]), vtt([]))


def bodies(text: str) -> list[list[str]]:
    """The lines of words of each cue."""
    return [block.split("\n")[2:] for block in text.rstrip("\n").split("\n\n") if block]


def test_a_long_line_becomes_two_about_equal_ones() -> None:
    found = srt([Cue(0, 1000, "", "This holiday glow is exactly what I wanted, my dear!")])
    assert [["This holiday glow is exactly", "what I wanted, my dear!"]] == bodies(found)


def test_longer_speech_becomes_cues_that_end_where_a_sentence_does() -> None:
    words = "I never asked for any of this, you know. But now that it is here, wrapped and shining, I will take it."
    found = srt([Cue(0, 10_000, "", words)])
    assert ["I never asked for any of this, you know."] == [" ".join(b) for b in bodies(found)][:1]
    assert words == " ".join(" ".join(body) for body in bodies(found))
    assert 2 == len(bodies(found))


def test_chinese_breaks_anywhere_but_before_its_marks() -> None:
    words = "我今天真的非常高兴，因为大家都来了！这个礼物正是我想要的，谢谢你们。我们 Mia 一起去公园散步吧。"
    found = bodies(srt([Cue(0, 10_000, "", words)]))
    assert words.replace(" ", "") == "".join("".join(body) for body in found).replace(" ", "")
    assert all(len(row) <= COLUMNS // 2 + 2 for body in found for row in body)
    assert not [row for body in found for row in body if row[0] in "，。！"]
    assert any("我们 Mia 一起" in row for body in found for row in body)


def test_what_a_player_would_take_for_markup_is_harmless() -> None:
    cues = [Cue(0, 1000, "<b>M&M</b>\n", "a --> b, <i>x</i> & {\\an8} 1 < 2")]
    assert "<v bMM/b>a --&gt; b, &lt;i&gt;x&lt;/i&gt; &amp; {\\an8} 1 &lt; 2" in vtt(cues)
    body = bodies(srt(cues))[0][0]
    assert "a -> b, <\u2060i>x<\u2060/i> & {\u2060\\an8} 1 < 2" == body


def test_line_breaks_and_controls_inside_a_line_are_spaces() -> None:
    assert [["a b c"]] == bodies(srt([Cue(0, 1000, "", "a\n\nb\r\x07\tc")]))


WORDS = st.text(st.sampled_from("ab c,。漢字、!?<>&{}\\-\n\t\u0301🚀한글"), max_size=200)


@given(st.lists(st.tuples(st.integers(0, 50_000), st.integers(0, 4_000), WORDS), max_size=8))
def test_any_cues_make_files_that_are_in_order_and_fit(drawn: list[tuple[int, int, str]]) -> None:
    """No empty cue, no overlap, no line too long, no blank line inside a cue, and every word is still there."""
    cues = [Cue(start, start + length, "Mia", words) for start, length, words in drawn]
    for text in (srt(cues), vtt(cues)):
        times = [
            int(h) * 3_600_000 + int(m) * 60_000 + int(s) * 1000 + int(ms)
            for h, m, s, ms in re.findall(r"(\d\d):(\d\d):(\d\d)[.,](\d{3})", text)
        ]
        assert times == sorted(times)
        assert all(start < end for start, end in zip(times[::2], times[1::2], strict=True))
    for body in bodies(srt(cues)):
        assert 1 <= len(body) <= LINES
        assert all(row.strip() for row in body)
        assert all(columns(row.replace("\u2060", "")) <= COLUMNS for row in body)


def columns(row: str) -> int:
    return sum(2 if is_east_asian(c) or is_emoji(c) else 1 for c in clusters(row))
