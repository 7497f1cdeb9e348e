"""Which font draws what: the vendored family first, the machine's next, and an honest answer where there is none."""

from __future__ import annotations

from pathlib import Path

import pytest
from fontmaker import HAN, colour_table, format4, write_collection, write_font, write_tables
from PIL import ImageFont

from r2v_pipeline.media.cmap import NOTHING, coverage, faces_in
from r2v_pipeline.media.fonts import Library, east_asian_language, missing_characters, remedy, sized, vendored
from r2v_pipeline.media.graphemes import clean, clusters, in_words, is_emoji, writing

BARE = Library([])


def test_the_vendored_family_covers_the_languages_it_is_vendored_for() -> None:
    said = "Größe, naïve façade, Žluťoučký kůň; Ελληνικά, Кириллица, Tiếng Việt — “quotes” … → № €½"
    assert () == BARE.missing(said)


def test_the_licence_travels_with_the_fonts() -> None:
    licence = Path(vendored()).with_name("OFL.txt").read_text()
    assert "SIL OPEN FONT LICENSE Version 1.1" in licence
    assert licence.startswith("Copyright")


def test_both_weights_are_small_and_cover_the_same() -> None:
    regular, bold = coverage(vendored()), coverage(vendored(bold=True))
    assert regular == bold
    assert sum(Path(vendored(b)).stat().st_size for b in (False, True)) < 1_500_000


def test_a_character_of_the_machine_comes_from_the_machine(tmp_path: Path) -> None:
    font = write_font(tmp_path / "SourceHanSans.otf", HAN)
    fonts = Library([str(tmp_path)])
    face = fonts.face("中")
    assert face is not None
    assert str(font) == face.path
    assert fonts.face("中", bold=True) == face._replace(embolden=True)
    latin = fonts.face("a")
    assert latin is not None
    assert vendored() == latin.path


def test_a_machine_without_fonts_says_what_is_missing_once_and_in_order() -> None:
    assert ("文", "中", "🚀") == BARE.missing("ab 文 中 文🚀 c\n中")
    assert () == BARE.missing("")


def test_missing_characters_asks_the_fonts_of_this_machine() -> None:
    assert () == missing_characters("plain words")
    assert ("\U000f1234",) == missing_characters("private: \U000f1234")


@pytest.mark.parametrize(
    ("lost", "advice"),
    [("中", "install an East Asian font: pip install r2v-pipeline[cjk]"), ("ท", "install a font that has Thai")],
)
def test_the_remedy_names_what_to_install(lost: str, advice: str) -> None:
    assert advice == remedy([lost])


def test_a_listed_font_is_preferred_over_an_unlisted_one(tmp_path: Path) -> None:
    write_font(tmp_path / "AAA.ttf", HAN)
    write_font(tmp_path / "NotoSansCJK-Italic.ttf", HAN)
    wanted = write_font(tmp_path / "NotoSansCJK-Regular.ttf", HAN)
    face = Library([str(tmp_path)]).face("中")
    assert face is not None
    assert str(wanted) == face.path


@pytest.mark.parametrize("content", [b"", b"not a font", b"\0\1\0\0" + b"\xff" * 300, b"ttcf\0\1\0\0\xff\xff\xff\xff"])
def test_a_damaged_font_file_covers_nothing_and_stops_nothing(tmp_path: Path, content: bytes) -> None:
    broken = tmp_path / "NotoSansCJK-Regular.ttf"
    broken.write_bytes(content)
    assert coverage(str(broken)) == NOTHING
    assert Library([str(tmp_path)]).face("中") is None


def test_a_font_that_lies_about_itself_is_passed_over(tmp_path: Path) -> None:
    """Its tables read well and FreeType refuses it: it must not be chosen, for it would fail when drawn."""
    write_tables(tmp_path / "NotoSansCJK.ttf", {"cmap": format4([(0x4E00, 0x4E10, 30)]), "head": b"\0" * 8})
    assert Library([str(tmp_path)]).face("一") is None


def test_format_4_is_read_with_its_deltas_and_without_the_missing_glyph(tmp_path: Path) -> None:
    font = write_tables(tmp_path / "f.ttf", {"cmap": format4([(0x41, 0x43, 5), (0x4E00, 0x4E02, 7)])})
    found = coverage(str(font))
    assert [(0x41, 0x43), (0x4E00, 0x4E02)] == list(zip(found.starts, found.ends, strict=True))
    assert found.covers(0x42)
    assert not found.covers(0x44)
    assert not found.covers(0x40)


def test_a_collection_gives_its_faces_and_the_coverage_of_each(tmp_path: Path) -> None:
    one, two = write_font(tmp_path / "1.ttf", "中"), write_font(tmp_path / "2.ttf", "文")
    both = write_collection(tmp_path / "both.ttc", [one, two])
    assert (2, 1, 0) == (faces_in(str(both)), faces_in(str(one)), faces_in(str(tmp_path / "none")))
    assert coverage(str(both), 0).covers(ord("中"))
    assert not coverage(str(both), 0).covers(ord("文"))
    assert coverage(str(both), 1).covers(ord("文"))
    assert coverage(str(both), 2) == NOTHING


def test_an_emoji_takes_a_colour_font_and_scales_its_only_size(tmp_path: Path) -> None:
    write_font(tmp_path / "AppleColorEmoji.ttf", "🚀", {"sbix": colour_table()})
    face = Library([str(tmp_path)]).face("🚀")
    assert face is not None
    assert "bitmap" == face.paint
    font, scale = sized(face.path, face.number, face.paint, 20)
    assert isinstance(font, ImageFont.FreeTypeFont)
    assert (109, 20 / 109) == (font.size, scale)


def test_a_colour_font_that_freetype_cannot_paint_is_no_font(tmp_path: Path) -> None:
    """COLR version 1 has no outlines below: it would come out blank."""
    font = write_font(tmp_path / "NotoColorEmoji.ttf", "🚀", {"COLR": b"\0\1" + bytes(32)})
    assert coverage(str(font)) == NOTHING


def test_kana_and_hangul_tell_whose_ideographs_are_meant() -> None:
    assert ("ja", "ko", "zh", "ja") == (
        east_asian_language("中の"),
        east_asian_language("中한"),
        east_asian_language("中"),
        east_asian_language("中", "ja"),
    )


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("e\u0301a", ["e\u0301", "a"]),
        ("👩\u200d💻!", ["👩\u200d💻", "!"]),
        ("🇩🇪🇫🇷", ["🇩🇪", "🇫🇷"]),
        ("👍🏽1\ufe0f\u20e3", ["👍🏽", "1\ufe0f\u20e3"]),
        ("한글", ["한", "글"]),
        ("\u1112\u1161\u11ab", ["\u1112\u1161\u11ab"]),
        ("\u0301\u200d", ["\u0301\u200d"]),
    ],
)
def test_a_cluster_is_what_a_reader_sees_as_one_sign(text: str, expected: list[str]) -> None:
    assert expected == clusters(text)
    assert text == "".join(clusters(text))


@pytest.mark.parametrize(
    ("cluster", "said"),
    [
        ("🚀", ":rocket:"),
        ("👩\u200d💻", ":woman + personal computer:"),
        ("🇩🇪", ":flag de:"),
        ("👍🏽", ":thumbs up sign:"),
        ("👨\u200d👩\u200d👧\u200d👦", ":man + woman + girl + …:"),
    ],
)
def test_an_emoji_without_a_font_is_spelled_out(cluster: str, said: str) -> None:
    assert is_emoji(cluster)
    assert said == in_words(cluster)


def test_a_text_sign_is_no_emoji_unless_it_asks_to_be() -> None:
    assert (False, True, False, True) == tuple(map(is_emoji, ("❤", "❤\ufe0f", "⚡\ufe0e", "⚡")))


def test_clean_leaves_nothing_that_cannot_be_drawn() -> None:
    assert "a b\nc d\u00a0e\nf" == clean("a\tb\r\nc\u3000d\u202fe\u2028\u200e\x07\u202ef")


@pytest.mark.parametrize(
    ("text", "name"), [("中", "Chinese"), ("中の", "Japanese"), ("한", "Korean"), ("ท", "Thai"), ("♫", "symbol")]
)
def test_writing_has_the_name_that_people_use(text: str, name: str) -> None:
    assert name == writing(text)
