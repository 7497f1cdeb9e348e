"""The default wording, rule by rule."""

from __future__ import annotations

import pytest
from prompting import expanded, prompt


@pytest.mark.parametrize(
    ("segments", "expected"),
    [
        # One segment: no label.  A part without closing punctuation gets a full stop.
        ("{for: 4s, action: '{{ Mia }} waits'}", "Character1 waits."),
        ("{for: 4s, action: '{{ Mia }} waits!'}", "Character1 waits!"),
        ("{for: 4s, action: 'The sign says \"open\"'}", 'The sign says "open"'),
        ("{for: 4s, action: 'Dancers (many)'}", "Dancers (many)."),
        # Camera before action, sound last.
        (
            "{for: 4s, action: '{{ Mia }} waits', camera: {move: push in, size: wide}, sound: wind}",
            "wide, push in. Character1 waits. Sound: wind.",
        ),
        ("{for: 4s, camera: 'Slow pan.', action: A boat}", "Slow pan. A boat."),
        # The only line, its speaker first in the action: joined to it.
        (
            "{for: 4s, action: '{{ Mia }} smiles.', say: {mia: Hello}}",
            'Character1 smiles, saying: "Hello"',
        ),
        (
            "{for: 4s, action: '{{ Mia }} leans in', say: {by: mia, line: Hush., how: whispered, to: leo, tone: sad}}",
            'Character1 leans in, whispering to character2, sad: "Hush."',
        ),
        (
            "{for: 4s, action: '{{ Mia }} nods', say: {by: mia, line: Hm., how: off_screen}}",
            'Character1 nods, saying off screen: "Hm."',
        ),
        (
            "{for: 4s, action: '{{ Mia }} nods', say: {by: mia, line: Hm., how: voice_over}}",
            'Character1 nods, saying in voice-over: "Hm."',
        ),
        ("{for: 4s, action: '{{ Mia }} turns,', say: {mia: Hello}}", 'Character1 turns, saying: "Hello"'),
        ("{for: 4s, action: '{{ Mia }} waits...', say: {mia: Hm.}}", 'Character1 waits..., saying: "Hm."'),
        # Another speaker: a sentence of its own.
        (
            "{for: 4s, action: '{{ Mia }} smiles.', say: {leo: Hello}}",
            'Character1 smiles. Character2 says: "Hello"',
        ),
        ("{for: 4s, action: A room., say: {by: leo, line: Run!, how: shouted}}", 'A room. Character1 shouts: "Run!"'),
        ("{for: 4s, action: A room., say: {by: leo, line: Run, how: mouthed}}", 'A room. Character1 mouths: "Run"'),
        # Two lines: sentences, and whoever was addressed replies.
        (
            "{for: 4s, action: '{{ Mia }} sits.', say: [{by: mia, line: Tea?, to: leo}, {by: leo, line: Please.}]}",
            'Character1 sits. Character1 says to character2: "Tea?" Character2 replies: "Please."',
        ),
        (
            "{for: 4s, say: [{by: mia, line: Tea?}, {by: leo, line: 'No.', to: mia}]}",
            'Character1 says: "Tea?" Character2 says to character1: "No."',
        ),
        # Inside a line a member is its spoken name; that is no mention.
        ("{for: 4s, action: '{{ Mia }} calls', say: {mia: '{{ leo }}!'}}", 'Character1 calls, saying: "Leo!"'),
        # A member without a visual is its words; a field is no mention.
        ("{for: 4s, action: '{{ Dog }} runs to {{ mia }}'}", "A small brown dog runs to character1."),
        ("{for: 4s, action: 'A {{ mia.look }} hangs there'}", "A red sweater hangs there."),
    ],
)
def test_one_segment(tmp_path, segments, expected):
    assert expected == prompt(tmp_path, segments)


TIMED = """
{for: 2s, action: '{{ Mia }} sits'}
{for: 0.5s, action: '{{ gift }} shines'}
{for: 61.5s, action: '{{ Leo }} enters'}
"""


@pytest.mark.parametrize(
    ("model", "language", "expected"),
    [
        (
            "wan2.6-r2v",
            "en",
            "Shot 1 [0-2s]: Character1 sits. Shot 2 [2-2.5s]: character3 shines. Shot 3 [2.5-64s]: Character2 enters.",
        ),
        (
            "wan2.7-r2v",
            "en",
            "Shot 1 [0-2s]: Image 1 sits. Shot 2 [2-2.5s]: Image 2 shines. Shot 3 [2.5-64s]: Video 1 enters.",
        ),
        (
            "wan2.7-r2v",
            "zh",
            "第1个镜头[0-2秒]图1 sits。第2个镜头[2-2.5秒]图2 shines。第3个镜头[2.5-64秒]视频1 enters。",
        ),
        (
            "google/veo3.1/reference-to-video",
            "en",
            (
                "[00:00-00:02] The person in image 1 sits. [00:02-00:02.500] the object in image 2 shines."
                " [00:02.500-01:04] The person in video 1 enters."
            ),
        ),
        ("bytedance/seedance-2.0", "en", "@Image1 sits. @Image2 shines. @Video1 enters."),
        (
            "kwaivgi/kling-video-o1/reference-to-video",
            "en",
            "<<<image_1>>> sits. <<<image_2>>> shines. <<<video_1>>> enters.",
        ),
        (
            "happyhorse-1.1-r2v",
            "en",
            "Shot 1 [0-2s]: [Image 1] sits. Shot 2 [2-2.5s]: [Image 2] shines. Shot 3 [2.5-64s]: [Video 1] enters.",
        ),
        (
            "",
            "en",
            (
                "Shot 1 [0-2s]: The person in image 1 sits. Shot 2 [2-2.5s]: the object in image 2 shines."
                " Shot 3 [2.5-64s]: The person in video 1 enters."
            ),
        ),
    ],
)
def test_naming_and_timing_dialects(tmp_path, model, language, expected):
    assert expected == prompt(tmp_path, TIMED, model=model, language=language)


def test_chinese_dialogue(tmp_path):
    segments = """
    {for: 4s, action: '{{ mia }}坐在窗边。', say: {mia: 你好}}
    {for: 4s, action: 房间里, say: [{by: mia, line: 喝茶吗？, to: leo}, {by: leo, line: 好。}]}
    {for: 2s, action: '{{ leo }}推门进来，', say: {leo: 走吧}}
    """
    expected = (
        "第1个镜头[0-4秒]图1坐在窗边，说：“你好”第2个镜头[4-8秒]房间里。图1对视频1说：“喝茶吗？”视频1回答：“好。”"
        "第3个镜头[8-10秒]视频1推门进来，说：“走吧”"
    )
    assert expected == prompt(tmp_path, segments, model="wan2.7-r2v", language="zh")


@pytest.mark.parametrize(
    ("shot", "expected"),
    [
        ("intro: A feast\nstyle: Warm light", "A feast. A boat. Warm light."),
        ("quiet: [music, dialogue]", "A boat. No dialogue. No background music."),
        ("quiet: music", "A boat. No background music."),
        ("negative: rain", "A boat."),
    ],
)
def test_parts_of_a_shot(tmp_path, shot, expected):
    assert expected == prompt(tmp_path, "{for: 4s, action: A boat}", shot=shot)


def test_quiet_dialogue_is_left_out_where_somebody_speaks(tmp_path):
    segments = "{for: 4s, action: '{{ Mia }} waits', say: {mia: Hm.}}"
    assert 'Character1 waits, saying: "Hm." No background music.' == prompt(
        tmp_path, segments, shot="quiet: [dialogue, music]"
    )


def test_references_stand_in_cast_order_whatever_the_sentence_says(tmp_path):
    text = """
    shots:
      - {id: s01, prompt: "{{ gift }}, then {{ leo }}, then {{ Mia }}", duration: 5s, render: {model: wan2.6-r2v}}
      - {id: s02, prompt: "{{ gift }} alone", duration: 5s, cast: [leo], render: {model: wan2.6-r2v}}
    """
    made, _ = expanded(tmp_path, text)
    bound = [[(b.member.id, b.name) for b in w.bound] for w in made.shots]
    assert [("mia", "character1"), ("leo", "character2"), ("gift", "character3")] == bound[0]
    assert [("leo", "character1"), ("gift", "character2")] == bound[1]
    assert "character3, then character2, then Character1." == made.shots[0].jobs[0][1].text


def test_every_stretch_of_a_prompt_knows_its_field(tmp_path):
    text = """
    shots:
      - id: s01
        intro: Dawn
        segments:
          - {for: 2s, action: "{{ Mia }} calls", say: {mia: Hello}}
          - {for: 2s, action: Silence}
    """
    made, _ = expanded(tmp_path, text)
    written = made.shots[0].jobs[0][1]
    fields = [(p.field, written.text[p.start : p.end]) for p in written.pieces]
    assert ("intro", "Dawn.") in fields
    assert ("segments[0].say[0]", 'Hello"') in fields
    assert ("segments[1].action", "Silence.") in fields


def test_jinja_and_plain_names_give_the_same_characters(tmp_path):
    """The fast path must be indistinguishable: the same text, once with a filter that changes nothing."""
    plain = prompt(tmp_path, "{for: 4s, action: '{{ Mia }} gives {{ leo }} {{ gift }}, {{ mia.look }}'}")
    whole = prompt(
        tmp_path, "{for: 4s, action: '{{ Mia | string }} gives {{ leo }} {{ gift }}, {{ mia.look | trim }}'}"
    )
    assert plain == whole


def test_the_prompt_is_one_line(tmp_path):
    made, _ = expanded(tmp_path, 'shots:\n  - {id: a, prompt: "A boat.\\n\\n  Two   boats.", duration: 5s}\n')
    assert "A boat. Two boats." == made.shots[0].jobs[0][1].text


def test_a_segment_that_says_nothing_leaves_no_gap(tmp_path):
    text = """
    vars: {silent: ''}
    shots:
      - id: s01
        segments:
          - {for: 3s, action: "A boat."}
          - {for: 3s, action: "{{ silent }}"}
          - {for: 3s, action: "A sea."}
          - {for: 1s}
    """
    made, _ = expanded(tmp_path, text)
    written = made.shots[0].jobs[0][1]
    assert "Shot 1 [0-3s]: A boat. Shot 2 [3-6s]: Shot 3 [6-9s]: A sea. Shot 4 [9-10s]:" == written.text
    assert "A sea." in [written.text[p.start : p.end] for p in written.pieces]
