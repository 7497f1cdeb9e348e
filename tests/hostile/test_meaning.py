"""Rows 21 to 32: what a storyboard may mean."""

from __future__ import annotations

import json

import pytest
from ground import BOARD, HEAD, PNG, SHOT, cast, row, text


def shots(*lines: str, head: str = HEAD) -> str:
    return head + "shots:\n" + "".join(f"  - {line}\n" for line in lines)


def segments(*lines: str) -> str:
    return HEAD + "shots:\n  - id: a\n    segments:\n" + "".join(f"      - {line}\n" for line in lines)


@row(21)
@pytest.mark.parametrize(
    "length",
    ["0", "-1", "-1s", "-0", "0s", "0.0", "-0.0", "1e400", ".nan", ".inf", "999999999", "9" * 30 + "s", "0:00", "1:60",
     "-1:30", "NaN", "''", "'5 s'", "5m", "1h", "'٥s'", "true", "[5]"],
)  # fmt: skip
def test_lengths_that_are_none(ground, length):
    answer = ground.check(shots(f"{{id: a, prompt: A lamp., duration: {length}}}"))
    assert {("R2V101", 4)} == set(answer.found)


@row(21)
@pytest.mark.parametrize("length", ["0.0001s", "0.0000001", "1e-9"])
def test_lengths_below_a_millisecond(ground, length):
    answer = ground.check(segments(f"{{for: {length}, action: A lamp.}}"))
    assert 1 == answer.rc
    assert set(answer.codes) <= {"R2V101", "R2V301"}


@row(22)
@pytest.mark.parametrize(
    ("text", "code", "words"),
    [
        (segments("{at: 0-3s, action: a}", "{at: 2-4s, action: b}"), "R2V301", "overlap"),
        (segments("{at: 0-2s, action: a}", "{at: 3-4s, action: b}"), "R2V301", "gap"),
        (segments("{at: 3-1s, action: a}"), "R2V301", ""),
        (segments("{at: 2-2s, action: a}"), "R2V301", ""),
        (segments("{at: 1-2s, action: a}"), "R2V301", "0"),
        (shots("{id: a, prompt: b, duration: 5s}", "{id: a, prompt: c, duration: 5s}"), "R2V207", "twice"),
        (segments("{at: 0-2s, action: a}", "{for: 2s, action: b}"), "R2V101", ""),
    ],
)
def test_times_that_do_not_add_up(ground, text, code, words):
    answer = ground.refused(text, code)
    assert words in answer.out


@row(22)
def test_segments_out_of_order(ground):
    answer = ground.check(segments("{at: 2-4s, action: a}", "{at: 0-2s, action: b}"))
    assert [("R2V301", 6), ("R2V301", 7)] == answer.found


@row(23)
def test_the_sum_of_fine_times_is_kept(ground):
    """Three thirds of a second, written to the microsecond, are a second to the millisecond."""
    third = "{for: 0.333333s, action: a}"
    ground.accepted(segments(third, third, "{for: 0.333334s, action: a}") + "expect: {duration: 1s}\n")
    ground.accepted(segments(*["{for: 0.0334s, action: a}"] * 30) + "expect: {duration: 1s}\n")


@row(24)
def test_a_claim_that_does_not_hold(ground):
    assert "R2V303" in ground.refused(BOARD + "expect: {duration: 6s}\n", "R2V303").out
    ground.refused(BOARD + "expect: {shots: 2}\n", "R2V303")


@row(24)
def test_a_shot_longer_than_its_model_makes(ground):
    long = "{id: a, prompt: A lamp., duration: 60s, render: {model: wan2.6-t2v}}"
    assert "at most" in ground.refused(shots(long), "R2V504").out


@row(25)
@pytest.mark.parametrize(
    ("text", "codes"),
    [
        (text("{{ nobody }} sits."), ["R2V401"]),
        (shots("{id: a, prompt: A lamp., duration: 5s, cast: [nobody]}"), ["R2V201"]),
        (segments("{for: 5s, action: a, say: {nobody: Hm.}}"), ["R2V201"]),
        (shots("{id: a, prompt: A lamp., duration: 5s, first_frame: nobody}"), ["R2V201"]),
        (cast("leo: {look: a coat}", prompt="A room."), ["R2V202"]),
        (cast("mia: {from: {shot: nowhere}}"), ["R2V201"]),
    ],
)
def test_names(ground, text, codes):
    assert codes == ground.check(text).codes


@row(25)
@pytest.mark.parametrize("shot", ["prompt: '{{ membr_%d }} sits.'", "prompt: A room., cast: [membr_%d]"])
def test_a_thousand_mistyped_names_beside_a_thousand(ground, shot):
    """Each gets its near miss, and not by comparing a million pairs of words letter by letter."""
    members = "cast:\n" + "".join(f"  member_{n}: {{look: a coat}}\n" for n in range(1000))
    lines = "".join(f"  - {{id: s{n}, duration: 5s, {shot % n}}}\n" for n in range(1000))
    ground.write("s.yaml", HEAD + members + "shots:\n" + lines)
    answer = ground.limited("check", "s.yaml", "--format", "json", seconds=6)
    assert 1000 == len(answer.codes)
    assert "did you mean 'member_7'?" in answer.out


@row(25)
@pytest.mark.parametrize("where", ["cast: ['%s']", "first_frame: '%s'", "template: '%s'", "render: {model: '%s'}"])
def test_a_name_of_a_megabyte(ground, where):
    ground.write("s.yaml", shots(f"{{id: a, prompt: b, duration: 5s, {where % ('x' * 1_000_000)}}}"))
    assert 1 == ground.limited("check", "s.yaml", "--format", "json").rc


@row(25)
def test_references_are_numbered_as_they_are_declared(ground):
    """Not as a sentence names them: the order in the request is the contract with the provider."""
    ground.write("refs/a.png", PNG)
    ground.write("refs/b.png", PNG)
    prompts = ("{{ mia }} meets {{ leo }}.", "{{ leo }} meets {{ mia }}.")
    members = "cast: {mia: {image: refs/a.png}, leo: {image: refs/b.png}}\n"
    for prompt in prompts:
        ground.write("s.yaml", HEAD + members + f"shots:\n  - {{id: a, prompt: '{prompt}', duration: 5s}}\n")
        assert ["mia", "leo"] == [one["id"] for one in compiled(ground)["references"]]


@row(25)
def test_one_file_for_two_members_is_one_digest(ground):
    ground.write("refs/a.png", PNG)
    members = "cast: {mia: {image: refs/a.png}, leo: {image: refs/a.png}}\n"
    ground.write("s.yaml", HEAD + members + "shots:\n  - {id: a, prompt: '{{ mia }}, {{ leo }}.', duration: 5s}\n")
    first, second = compiled(ground)["references"]
    assert (first["sha256"], 1, 2) == (second["sha256"], first.get("position", 1), second.get("position", 2))


def compiled(ground):
    """The one job that `r2v compile` makes."""
    answer = ground.run("compile", "s.yaml", "--format", "json")
    assert 0 == answer.rc, answer.out
    return json.loads(answer.out)["jobs"][0]


@row(26)
def test_a_prompt_longer_than_the_model_reads(ground):
    long = shots("{id: a, prompt: " + "lamp " * 2000 + ", duration: 5s, render: {model: wan2.6-t2v}}")
    assert "10000 characters" in ground.refused(long, "R2V502").out


@row(27)
@pytest.mark.parametrize("prompt", ['""', '"   "', '"\\n\\t "', "null", "' '", '"\u200b"'])
def test_empty_prompts(ground, prompt):
    assert 1 == ground.check(shots(f"{{id: a, prompt: {prompt}, duration: 5s}}")).rc


@row(27)
def test_a_prompt_of_a_megabyte(ground):
    ground.refused(shots("{id: a, prompt: " + "lamp " * 210_000 + ", duration: 5s}"), "R2V001")
    under = shots("{id: a, prompt: " + "lamp " * 200_000 + ", duration: 5s, render: {model: wan2.6-t2v}}")
    assert "R2V502" in ground.refused(under, "R2V502").out


@row(28)
@pytest.mark.parametrize(
    "name",
    ["mi\u0430", "mi\u200ba", "\u202eaim", "mia\u0301", "m\u00eda", "Mia", "mia ", " mia", "mia.", "mia/x", "..",
     "mia\n", "-mia", "_mia", "1a", "m i", "mia\u00ad", "\uff4dia", "mı", "", "~", "mia:x", "a\\b", "a%2fb"],
)  # fmt: skip
def test_ids(ground, name):
    """One alphabet, so that no two ids look alike, and each is the name of a file everywhere."""
    quoted = json.dumps(name)
    assert 1 == ground.check(shots(f"{{id: {quoted}, prompt: A lamp., duration: 5s}}")).rc
    assert 1 == ground.check(cast(f"{quoted}: {{look: a coat}}", prompt="A lamp.")).rc


@row(28)
def test_an_id_longer_than_a_file_name(ground):
    ground.refused(shots(f"{{id: {'a' * 201}, prompt: A lamp., duration: 5s}}"), "R2V209")
    ground.accepted(shots(f"{{id: {'a' * 200}, prompt: A lamp., duration: 5s}}"))


@row(28)
@pytest.mark.parametrize("name", ["con", "nul", "aux", "prn", "com1", "lpt9"])
def test_ids_that_windows_has_no_file_for(ground, name):
    """They are ids of the language; whoever works with others is told."""
    answer = ground.check(shots(f"{{id: {name}, prompt: A lamp., duration: 5s}}"))
    assert (0, ["R2V209"]) == (answer.rc, answer.codes)


@row(28)
def test_text_that_turns_round_is_shown_with_its_marks(ground):
    answer = ground.check(shots('{id: a, prompt: "A \u202elamp\u2066 {{ nobody }}", duration: 5s}'))
    assert ["R2V401"] == answer.codes
    assert "A \ufffdlamp\ufffd" in answer.out


@row(29)
def test_ten_thousand_shots(ground):
    one = "{id: s%d, prompt: 'A lamp sways, %d.', duration: 5s}"
    ground.write("s.yaml", shots(*(one % (n, n) for n in range(10_000))))
    assert 0 == ground.limited("check", "s.yaml", seconds=4).rc


@row(29)
def test_ten_thousand_shots_with_templates(ground):
    one = (
        "{id: s%d, prompt: 'A lamp {%% if film.fps > 20 %%}sways{%% endif %%} %d. {{ season | upper }}', duration: 5s}"
    )
    ground.write("s.yaml", HEAD + "vars: {season: may}\n" + shots(*(one % (n, n) for n in range(10_000)), head=""))
    assert 0 == ground.limited("check", "s.yaml", seconds=6).rc


@row(29)
def test_a_chain_of_a_thousand(ground):
    """Each shot begins with the last picture of the one before: no recursion counts them."""
    one = "{id: s%d, prompt: A lamp., duration: 5s, first_frame: {from: {shot: s%d, frame: last}}}"
    lines = ["{id: s0, prompt: A lamp., duration: 5s}", *(one % (n, n - 1) for n in range(1, 1000))]
    ground.write("s.yaml", shots(*lines))
    assert 0 == ground.limited("check", "s.yaml").rc
    assert 0 == ground.limited("plan", "s.yaml", seconds=4).rc


@row(29)
def test_rings(ground):
    one = "{id: s%d, prompt: A lamp., duration: 5s, first_frame: {from: {shot: s%d, frame: last}}}"
    ground.refused(shots(one % (0, 0)), "R2V204")
    ground.refused(shots(one % (0, 1), one % (1, 0)), "R2V204")
    ground.write("s.yaml", shots(*(one % (n, (n + 1) % 1000) for n in range(1000))))
    assert ["R2V204"] == ground.limited("check", "s.yaml", "--format", "json").codes


@row(30)
@pytest.mark.parametrize(
    "text",
    [
        BOARD + "base_url: https://evil.example\n",
        BOARD + "output: ../../x\n",
        BOARD + "cache: /tmp\n",
        BOARD + "budget: 1000 USD\n",
        BOARD + "max_cost: 1000 USD\n",
        BOARD + "providers: {dashscope: {base_url: https://evil.example}}\n",
        BOARD + "film: {ffmpeg: [-f, null]}\n",
        BOARD + "film: {output: /etc/passwd}\n",
        BOARD + "plugins: [evil]\n",
        shots("{id: a, prompt: b, duration: 5s, output: ../x.mp4}"),
        *(
            shots(f"{{id: a, prompt: b, duration: 5s, render: {{{key}: x}}}}")
            for key in ("base_url", "endpoint", "url", "headers", "proxy", "api_key", "key", "webhook", "callback")
        ),
    ],
)
def test_what_no_storyboard_decides(ground, text):
    ground.refused(text, "R2V104")


@row(31)
@pytest.mark.parametrize("written", ["${HOME}", "$HOME", "%PATH%", "$(id)", "`id`", "~", "#{x}", "{HOME}"])
def test_the_environment_is_no_part_of_a_text(ground, written):
    """It stays what is written, character for character."""
    ground.write("s.yaml", text(f"A sign says {written} today."))
    assert f"A sign says {written} today." == compiled(ground)["prompt"]


@row(31)
@pytest.mark.parametrize("written", ["{{ env('HOME') }}", "{{ env.HOME }}", "{{ environ }}", "{{ getenv|upper }}"])
def test_templates_have_no_environment(ground, written):
    ground.refused(text(written), "R2V401")


KEYS = [
    "sk-0123456789abcdef0123456789abcdef",
    "sk-proj-AbCdEf0123456789-abcdefghijklmnop",
    "vck_0aB1cD2eF3gH4iJ5kL6mN7oP8qR9",
    "vercel_blob_rw_AbCd1234EfGh5678_IjKl9012MnOp",
    "LTAI5tAbCdEfGh1234567890",
    "AKIA" + "IOSFODNN7EXAMPL3",
    "AIza" + "SyA1234567890abcdefghijklmnopqrstuv",
    "ghp_" + "0123456789abcdefghijABCDEFGHIJ012345",
    "github_pat_" + "11ABCDEFG0123456789_abcdefghijklmnopqrstuvwxyz",
    "eyJhbGciOi" + "JIUzI1NiJ9.eyJzdWIiOiIxMjM0NSJ9.abcDEF123-_456xyz",
]


@row(32)
@pytest.mark.parametrize("key", KEYS)
@pytest.mark.parametrize(
    "text",
    [
        "x-key: {key}\n",
        "# {key}\n",
        "meta: {{a: [1, '{key}']}}\n",
        "title2: {key}\n",
        "x-a: [\n{key}\n",
        "x-a: café {key}\n",
    ],
)
def test_a_key_in_the_storyboard(ground, key, text):
    """Wherever it stands, and whatever else is wrong: it is named by its kind and never shown."""
    answer = ground.check((HEAD + text.format(key=key) + SHOT).encode("latin-1"))
    assert 1 == answer.rc
    assert "R2V105" in answer.codes
    assert not [at for at in range(len(key) - 7) if key[at : at + 8] in answer.out]


@row(32)
def test_a_private_key_is_covered_to_its_end(ground):
    body = "MIIEpAIBAAKCAQEA1234"
    key = f"-----BEGIN RSA PRIVATE KEY-----\n  {body}\n  -----END RSA PRIVATE KEY-----"
    answer = ground.refused(HEAD + f"x-key: |\n  {key}\n" + SHOT, "R2V105")
    assert body not in answer.out


@row(32)
def test_a_key_of_this_machine_is_known_by_its_value(ground, monkeypatch):
    """Also one of no known form."""
    monkeypatch.setenv("WAVESPEED_API_KEY", "0123456789-plain-words-key")
    answer = ground.refused(HEAD + "x-a: 0123456789-plain-words-key\n" + SHOT, "R2V105")
    assert "the value of WAVESPEED_API_KEY" in answer.out
    assert "plain-words" not in answer.out


@row(32)
def test_a_key_in_an_included_file_and_in_a_template(ground):
    ground.write("more.yaml", f"x-a: {KEYS[0]}\n")
    ground.refused(HEAD + "include: more.yaml\n" + SHOT, "R2V105")
    ground.write("templates/t.j2", f"{KEYS[0]} {{{{ shot.prompt }}}}")
    answer = ground.refused(shots("{id: a, prompt: b, duration: 5s, template: t.j2}"), "R2V404")
    assert KEYS[0] not in answer.out


@row(32)
@pytest.mark.parametrize(
    "words",
    ["a task-force-with-a-very-long-name-of-words", "desk-lamp", "AKIA", "sk-", "eyJ", "LTAI", "ghp_",
     "risk-averse-people-of-the-old-north", "ask-1234567890abcdefghijklmn",
     "sha256:9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08"],
)  # fmt: skip
def test_words_are_no_keys(ground, words):
    ground.accepted(HEAD + f'x-a: "{words}"\n' + SHOT)
