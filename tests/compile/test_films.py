"""Whole storyboards of people with different habits, and what becomes of them: prompts, references, their order."""

from __future__ import annotations

import os
import shutil
from pathlib import Path
from textwrap import dedent

import pytest

from r2v_pipeline.cli.stages.front import Front, Options, compiled, read
from r2v_pipeline.compile.jobs import Compilation, Job

REFS = Path(__file__).parents[2] / "examples" / "storyboards" / "refs"


@pytest.fixture(scope="module")
def stage(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A project with pictures and clips that every model takes."""
    folder = tmp_path_factory.mktemp("films")
    (folder / ".git").mkdir()
    shutil.copytree(REFS, folder / "refs")
    return folder


def write(stage: Path, **files: str) -> None:
    for name, text in files.items():
        path = stage / name.replace("__", "/").replace("_DOT_", ".")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(dedent(text), encoding="utf-8")


def film(stage: Path, text: str, **options: object) -> Front:
    (stage / "film.yaml").write_text("r2v: 1\n" + dedent(text), encoding="utf-8")
    return read(os.path.join(stage, "film.yaml"), Options(**options))  # type: ignore[arg-type]


def made(front: Front) -> Compilation:
    assert front.expanded is not None, front.diagnostics
    compilation, found = compiled(front)
    assert compilation is not None, found
    return compilation


def renders(front: Front) -> dict[str, Job]:
    return {job.id: job for job in made(front).jobs if job.kind == "render"}


def prompts(front: Front) -> dict[str, str]:
    return {name: job.prompt.text for name, job in renders(front).items() if job.prompt}


def bindings(job: Job) -> list[tuple[str, str, str]]:
    assert job.request is not None
    return [(r.name, r.id, r.source) for r in job.request.references]


CAMPAIGN = """
    title: "{{ product }}, {{ market }} cut"
    vars: {brand: Aurora, product: "{{ brand }} Night Serum", market: UK}
    cast:
      nina: {name: Nina, video: refs/mia.mp4}
      jar: {kind: object, name: the jar, image: refs/gift.png}
      bath: {kind: place, image: refs/parlor.jpg}
    defaults:
      render: {model: wan2.6-r2v-flash, provider: dashscope, ratio: "9:16"}
      style: Soft daylight
      negative: blurry
      quiet: [dialogue, music]
      transition: {type: dissolve, for: 0.25s}
    profiles:
      final: {render: {model: wan2.6-r2v, resolution: 1080p}, film: {transition: cut}, transition: cut}
    shots:
      - id: hook
        intro: An advertisement for {{ product }}.
        segments:
          - {for: 1.5s, camera: {move: push in, size: close-up}, action: "Light falls on {{ jar }} in {{ bath }}."}
          - {for: 2.5s, action: "{{ Nina }} takes {{ jar }}"}
      - id: apply
        segments:
          - {for: 3s, action: "{{ Nina }} looks up,", say: {by: nina, line: "{{ product }}.", tone: warm}, sound: glass}
    film: {size: 1080x1920}
    expect: {duration: 6.75s, shots: 2, max_cost: 5 USD}
"""


def test_a_campaign(stage: Path) -> None:
    front = film(stage, CAMPAIGN)
    assert {
        "hook": "An advertisement for Aurora Night Serum. Shot 1 [0-1.5s]: close-up, push in. Light falls on "
        "character2 in character3. Shot 2 [1.5-4s]: Character1 takes character2. Soft daylight. "
        "No dialogue. No background music.",
        "apply": 'Character1 looks up, saying, warm: "Aurora Night Serum." Sound: glass. Soft daylight. '
        "No background music.",
    } == prompts(front)
    hook = renders(front)["hook"]
    assert [
        ("character1", "nina", "refs/mia.mp4"),
        ("character2", "jar", "refs/gift.png"),
        ("character3", "bath", "refs/parlor.jpg"),
    ] == bindings(hook)
    assert hook.request is not None
    assert {
        "size": "720*1280",
        "duration": 4,
        "shot_type": "multi",
        "audio": True,
        "watermark": False,
    } == hook.request.body["parameters"]
    assert "Aurora Night Serum, UK cut" == made(front).storyboard.title


def test_a_claim_is_held_against_the_profile_that_is_made(stage: Path) -> None:
    front = film(stage, CAMPAIGN, profile="final")
    assert ["the film is 7 s long, not 6.75 s"] == [d.message for d in front.diagnostics]


def test_a_chinese_film(stage: Path) -> None:
    front = film(
        stage,
        """
        title: 老街面馆
        language: zh
        cast:
          lin: {name: 林师傅, image: refs/gift.png}
          yu: {name: 小雨, video: refs/mia.mp4}
        defaults: {render: {model: wan2.7-r2v}, style: 暖色灯光, quiet: music}
        shots:
          - id: kai
            intro: 深秋的清晨
            segments:
              - {for: 3s, camera: {size: 远景, move: 缓慢推进}, action: "{{ lin }}揉面", sound: 木门声}
              - {for: 4s, action: "{{ yu }}推门进来，", say: {by: yu, line: "{{ lin }}，老样子！", to: lin}}
          - id: duo
            segments:
              - {for: 5s, action: 两人对坐, say: [{by: yu, line: 传给谁？, to: lin}, {lin: 传给会等的人。}]}
        """,
    )
    assert {
        "kai": "深秋的清晨。第1个镜头[0-3秒]远景，缓慢推进。图1揉面。声音：木门声。"
        "第2个镜头[3-7秒]视频1推门进来，对图1说：“林师傅，老样子！”暖色灯光。无背景音乐。",
        "duo": "两人对坐。视频1对图1说：“传给谁？”图1回答：“传给会等的人。”暖色灯光。无背景音乐。",
    } == prompts(front)


def test_templates_with_macros_and_parts_of_their_own(stage: Path) -> None:
    write(
        stage,
        templates__cinema_DOT_j2="""\
            {% from "macros.j2" import beat %}
            {{ shot.intro }} {% for s in shot.segments %}{{ beat(s) }} {% endfor %}{% include "look.j2" %}
            """,
        templates__macros_DOT_j2="""\
            {% macro beat(s) %}[{{ s.start_clock }}] {{ s.camera | upper }}: {{ s.action }}{% for l in s.lines %}
            <{{ l.by }}{% if l.how != "spoken" %} {{ l.how }}{% endif %}: {{ l.line }}>{% endfor %}{% endmacro %}
            """,
        templates__look_DOT_j2="{{ hero }} is {{ hero.look }}. {{ lens | default('35mm') }}\n",
    )
    front = film(
        stage,
        """
        title: Templates
        vars: {lens: 50mm, props: {left: a lamp}}
        cast: {hero: {image: refs/gift.png, look: a tired detective}, rival: {video: refs/mia.mp4}}
        defaults: {template: cinema.j2, render: {model: wan2.7-r2v}}
        shots:
          - id: office
            intro: Night, {{ props.left }}.
            segments:
              - {for: 2s, camera: {size: wide}, action: "{{ Hero }} waits{% if shot.duration > 3 %} long{% endif %}."}
              - {for: 3s, camera: close, action: "{{ Rival }} enters.", say: {by: hero, line: Yes?, how: whispered}}
        """,
    )
    expected = (
        "Night, a lamp. [00:00] WIDE: Image 1 waits long. [00:02] CLOSE: Video 1 enters. <hero whispered: Yes?> "
        "Image 1 is a tired detective. 50mm"
    )
    assert {"office": expected} == prompts(front)


def test_included_scenes_come_in_the_order_of_the_includes(stage: Path) -> None:
    for number in (1, 2, 3):
        shots = f'[{{id: s{number}-a, prompt: "{{{{ Lead }}}} in {{{{ city }}}}.", duration: 4s}}]'
        write(stage, **{f"scenes__s{number}_DOT_yaml": f"vars: {{city: Rome}}\nshots: {shots}\n"})
    front = film(
        stage,
        """
        title: Scenes
        include: ["scenes/s[13].yaml", scenes/s2.yaml]
        vars: {city: Lisbon}
        cast: {lead: {name: Vera, look: a woman}}
        shots: [{id: end, prompt: "{{ Lead }} leaves.", duration: 6s}]
        film: {transition: {type: dissolve, for: 0.5s}}
        expect: {shots: 4, duration: 16.5s}
        """,
        variables=(("city", "Porto"),),
    )
    assert {
        "s1-a": "Vera in Porto.",
        "s3-a": "Vera in Porto.",
        "s2-a": "Vera in Porto.",
        "end": "Vera leaves.",
    } == prompts(front)
    assert ["s1-a", "s3-a", "s2-a", "end"] == list(prompts(front))


def test_a_chain_of_shots_that_open_where_the_one_before_ends(stage: Path) -> None:
    """Long enough that recursion or a pass over all shots for each would show."""
    walk = "prompt: '{{ Mia }} walks.', duration: 4s"
    chain = "".join(
        f"  - {{id: c{n}, first_frame: {{from: {{shot: c{n - 1}, frame: last}}}}, {walk}}}\n" for n in range(1, 300)
    )
    head = "title: Chain\ncast: {mia: {video: refs/mia.mp4}}\ndefaults: {render: {model: wan2.7-r2v}}\n"
    front = film(stage, f"{head}shots:\n  - {{id: c0, prompt: '{{{{ Mia }}}} starts.', duration: 4s}}\n{chain}")
    assert () == front.diagnostics
    jobs = renders(front)
    assert [("Video 1", "mia", "refs/mia.mp4"), ("", "c299.first_frame", "shot:c298@last")] == bindings(jobs["c299"])
    assert ("c298@last",) == jobs["c299"].needs


def test_a_long_take_in_parts_and_what_is_taken_from_it(stage: Path) -> None:
    front = film(
        stage,
        """
        title: Long takes
        cast: {mia: {video: refs/mia.mp4}, tail: {from: {shot: walk, frame: last}}}
        defaults: {render: {model: wan2.6-r2v}}
        shots:
          - id: walk
            intro: A walk.
            style: Ink
            split: auto
            segments:
              - {for: 4s, action: "{{ Mia }} leaves"}
              - {for: 4s, action: "{{ Mia }} buys bread", say: {mia: Two please.}}
              - {for: 4s, action: The ducks}
              - {for: 3.5s, action: The bus}
          - {id: after, prompt: "{{ Tail }} goes on.", duration: 4s}
        """,
    )
    assert {
        "walk.1": "A walk. Shot 1 [0-4s]: Character1 leaves. "
        'Shot 2 [4-8s]: Character1 buys bread, saying: "Two please." Ink.',
        "walk.2": "A walk. Shot 1 [0-4s]: The ducks. Shot 2 [4-7.5s]: The bus. Ink.",
        "after": "Character1 goes on.",
    } == prompts(front)
    jobs = renders(front)
    assert [("character1", "mia", "refs/mia.mp4")] == bindings(jobs["walk.2"])
    assert [("character1", "tail", "shot:walk@last")] == bindings(jobs["after"])


def test_everything_is_said_at_once(stage: Path) -> None:
    """A name that nothing declares hides neither the settings that the model refuses nor a model that nobody knows."""
    front = film(
        stage,
        """
        title: Wrong
        cast: {mia: {video: refs/mia.mp4}}
        defaults: {render: {model: wan2.6-r2v, ratio: "21:9"}}
        shots:
          - {id: a, prompt: "{{ Mya }} walks.", duration: 12s}
          - {id: b, prompt: "{{ Mia }} and {{ who }}.", duration: 4s, render: {model: wan2.6-r2w}}
          - {id: c, prompt: "{{ Mia }} sits.", duration: 0.9s}
          - id: d
            segments: [{for: 1s, action: "{{ Mia }} talks", say: {mia: One two three four five six seven eight}}]
        """,
    )
    assert [
        ("R2V507", 5, "leave it out (reaches 3 shots: a, c, d)"),
        ("R2V504", 7, "write segments of at most 10 s, and 'split: auto' to cut between them"),
        ("R2V401", 7, "did you mean 'Mia'?"),
        ("R2V401", 8, "in scope here: film, mia, shot"),
        ("R2V509", 8, "did you mean 'wan2.6-r2v'?"),
        ("R2V510", 9, "make it longer, or join it with another"),
        ("R2V304", 11, "give the segment 2.3 s, shorten the line, or state its length with 'speech:'"),
    ] == [(d.code, d.span.line, d.help) for d in front.diagnostics if d.span]


@pytest.mark.parametrize(
    ("voice", "expected"),
    [
        ("refs/gift.png", [("R2V508", "the voice of 'mia' is an image")]),
        ("refs/nora.wav", []),
    ],
)
def test_a_voice_is_looked_at_where_the_model_takes_one(
    stage: Path, voice: str, expected: list[tuple[str, str]]
) -> None:
    text = f"""
        title: Voices
        cast: {{mia: {{video: refs/mia.mp4, voice: {voice}}}}}
        shots:
          - {{id: a, prompt: "{{{{ Mia }}}} talks.", duration: 4s, render: {{model: wan2.7-r2v}}}}
          - {{id: b, prompt: "{{{{ Mia }}}} talks.", duration: 4s, render: {{model: wan2.6-r2v}}}}
        """
    assert expected == [(d.code, d.message) for d in film(stage, text).diagnostics]


def test_a_first_frame_that_is_no_picture(stage: Path) -> None:
    front = film(
        stage,
        """
        title: Opening
        cast: {mia: {video: refs/mia.mp4}}
        shots:
          - id: a
            prompt: "{{ Mia }} talks."
            duration: 4s
            first_frame: {image: refs/mia.mp4}
            render: {model: wan2.7-r2v}
        """,
    )
    message = "the first frame of 'a' is a video, and only a picture can open a clip"
    assert [("R2V508", message)] == [(d.code, d.message) for d in front.diagnostics]


def test_a_split_shot_with_a_segment_that_is_too_long(stage: Path) -> None:
    front = film(
        stage,
        """
        title: Too long
        cast: {gift: {image: refs/gift.png}}
        shots:
          - id: a
            split: auto
            segments: [{for: 16s, action: "{{ Gift }}"}, {for: 2s, action: x}]
            render: {model: wan2.7-r2v}
        """,
    )
    assert [("R2V504", "it is cut between segments: divide the one of 16 s")] == [
        (d.code, d.help) for d in front.diagnostics
    ]
