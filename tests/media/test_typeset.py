"""Text in boxes: nothing leaves its box, nothing is torn that belongs together, nothing comes out as an empty frame."""

from __future__ import annotations

import pytest
from fontmaker import HAN, colour_table, write_font
from hypothesis import given
from hypothesis import settings as tries
from hypothesis import strategies as st
from PIL import Image, ImageChops

from r2v_pipeline.media import inking
from r2v_pipeline.media.fonts import Library
from r2v_pipeline.media.typeset import Block, Typesetter, draw_title_card

BARE = Typesetter(Library([]))
PROSE = "Mia carefully unwraps the gift by a beautifully decorated Christmas tree, then looks up and smiles. "
HEBREW = "שלום עולם! זה מבחן של טקסט"
ENDLESS = "https://example.com/" + "a" * 300


@pytest.fixture(scope="module")
def machine(tmp_path_factory: pytest.TempPathFactory) -> Typesetter:
    """A machine with a Chinese, a Hebrew and an emoji font."""
    folder = tmp_path_factory.mktemp("fonts")
    write_font(folder / "NotoSansCJK.ttf", HAN)
    write_font(folder / "NotoSansHebrew.ttf", set(HEBREW))
    write_font(folder / "AppleColorEmoji.ttf", "🚀👩💻", {"sbix": colour_table()})
    return Typesetter(Library([str(folder)]))


def words(block: Block) -> list[str]:
    return ["".join(a.text for a in line.atoms) for line in block.lines]


@pytest.mark.parametrize(
    "text",
    [PROSE * 50, HAN * 140, "🚀" * 600, HEBREW * 40, ENDLESS, "a\n" * 400, "👩\u200d💻 " * 200, "ก" * 500, ""],
    ids=["prose", "han", "emoji", "hebrew", "url", "lines", "joined", "no font", "empty"],
)
@pytest.mark.parametrize("box", [(300, 200), (120, 40), (640, 90)])
def test_a_text_of_any_kind_stays_in_its_box(machine: Typesetter, text: str, box: tuple[int, int]) -> None:
    for setter in (machine, BARE):
        block = setter.fit(text, *box, sizes=(40, 11))
        assert block.width <= box[0] + 0.01
        assert block.height <= box[1]
        assert 11 <= block.size <= 40


@given(st.text(max_size=300), st.integers(90, 500), st.integers(20, 200), st.booleans())
@tries(max_examples=60)
def test_no_text_leaves_its_box_or_fails(text: str, width: int, height: int, balance: bool) -> None:
    block = BARE.fit(text, width, height, (30, 11), balance=balance)
    assert block.width <= width + 0.01
    assert block.height <= height
    BARE.draw(Image.new("RGB", (width, height)), block, 0, 0, (255, 255, 255), width=width)


def test_the_ink_is_where_the_block_says() -> None:
    picture = Image.new("RGB", (400, 300))
    block = BARE.fit(PROSE, 300, 200, (30, 11))
    BARE.draw(picture, block, 50, 40, (255, 255, 255))
    box = picture.getbbox()
    assert box is not None
    assert 50 <= box[0] <= 54
    assert box[2] <= 50 + block.width + 2
    assert 40 <= box[1] < box[3] <= 40 + block.height


def test_a_short_text_is_set_large_and_a_long_one_small() -> None:
    sizes = [BARE.fit(PROSE * n, 300, 200, (40, 11)).size for n in (1, 3, 30)]
    assert sizes == sorted(sizes, reverse=True)
    assert (True, False) == (sizes[0] > 20, BARE.fit(PROSE, 300, 200, (40, 11)).cut)


def test_what_does_not_fit_is_cut_and_says_so() -> None:
    block = BARE.fit(PROSE * 50, 300, 100, (30, 12))
    assert block.cut
    assert words(block)[-1].endswith("…")


def test_a_megabyte_is_cut_without_being_measured() -> None:
    assert BARE.fit("word " * 250_000, 300, 100, (30, 12)).cut


def test_no_word_is_torn_where_a_smaller_size_helps() -> None:
    block = BARE.fit("Incomprehensibilities indeed", 150, 200, (40, 11))
    assert ["Incomprehensibilities", "indeed"] == words(block)


def test_a_word_longer_than_any_line_is_cut_between_clusters(machine: Typesetter) -> None:
    block = machine.fit("👩\u200d💻" * 40, 120, 400, (20, 20))
    assert {0} == {len(line) % 3 for line in words(block)}


def test_the_last_line_is_not_one_short_word() -> None:
    for width in range(200, 420, 7):
        lines = words(
            BARE.block("Mia carefully unwraps the gift by a decorated tree and is so glad to be at home", 16, width)
        )
        assert len(lines[-1].split()) > 1, (width, lines)


def test_balanced_lines_are_about_equally_long() -> None:
    line = "You knew about the letter all along, and you never said a word to me"
    loose, even = BARE.block(line, 20, 480), BARE.block(line, 20, 480, balance=True)
    assert len(loose.lines) == len(even.lines) == 2
    assert abs(even.lines[0].width - even.lines[1].width) < abs(loose.lines[0].width - loose.lines[1].width)


def test_chinese_breaks_anywhere_but_never_before_a_full_stop(machine: Typesetter) -> None:
    text = "米娅坐着拿礼物。她说「这正是我想要的」！微笑、镜头，树旁。" * 3
    for width in range(80, 240, 9):
        for line in words(machine.block(text, 20, width)):
            assert line[0] not in "。！、，」"
            assert line[-1] != "「"


def test_written_line_breaks_are_kept() -> None:
    assert ["one", "", "two"] == words(BARE.block("one\n\ntwo", 20, 300))


def test_right_to_left_text_begins_at_the_right_edge(machine: Typesetter) -> None:
    picture = Image.new("RGB", (400, 60))
    block = machine.block(HEBREW, 18, 400)
    assert block.lines[0].right_to_left
    machine.draw(picture, block, 0, 0, (255, 255, 255), width=400)
    box = picture.getbbox()
    assert box is not None
    assert box[2] > 394
    assert box[0] > 400 - block.width - 6


def test_mixed_directions_keep_each_run_in_its_own_order(machine: Typesetter) -> None:
    atoms = machine.shaper.atoms("abc שלום עולם def")
    pieces = [(p.text, p.right_to_left) for p in machine.shaper.pieces(atoms, 20)]
    assert [("abc ", False), ("עולם", True), (" ", True), ("שלום", True), (" def", False)] == pieces
    turned = [p.text for p in machine.shaper.pieces(atoms, 20, from_right=True)]
    assert ["def", " ", "עולם", " ", "שלום", " ", "abc"] == turned


def test_without_raqm_right_to_left_letters_are_turned_round(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(inking, "_shapes", lambda: False)
    assert ("cba", None) == inking.ordered("abc", True)
    assert ("👩💻", None) == inking.ordered("👩\u200d💻", False)


def test_a_run_without_a_font_is_one_notice_that_counts_it() -> None:
    assert ["4 Chinese characters", " ok ", "1 Thai character", "."] == [
        p.text for p in BARE.shaper.pieces(BARE.shaper.atoms("中、文。 ok ก."), 20)
    ]


def test_a_notice_is_drawn_and_is_no_empty_box() -> None:
    picture = Image.new("RGB", (300, 40))
    BARE.draw(picture, BARE.block("中文", 20, 300), 0, 0, (255, 255, 255))
    other = Image.new("RGB", (300, 40))
    BARE.draw(other, BARE.block("中文中", 20, 300), 0, 0, (255, 255, 255))
    assert ImageChops.difference(picture, other).getbbox() is not None


def test_an_emoji_is_drawn_in_colour(machine: Typesetter) -> None:
    picture = Image.new("RGB", (80, 40))
    machine.draw(picture, machine.block("🚀", 24, 80), 4, 4, (255, 255, 255))
    assert (220, 30, 40) in {colour for _, colour in picture.getcolors(9999) or []}


def test_text_can_be_drawn_on_a_translucent_picture() -> None:
    picture = Image.new("RGBA", (200, 40), (0, 0, 0, 0))
    BARE.draw(picture, BARE.block("Mia", 24, 200), 4, 4, (255, 0, 0))
    assert 255 == picture.getchannel("A").getextrema()[1]
    assert (255, 0, 0, 255) in {colour for _, colour in picture.getcolors(9999) or []}


def test_a_line_too_long_for_its_place_ends_in_dots() -> None:
    block = BARE.one_line(PROSE * 20, 16, 200)
    assert 1 == len(block.lines)
    assert block.width <= 200
    assert words(block)[0].endswith("…")
    assert ["a b"] == words(BARE.one_line(" a\nb ", 16, 200))


@pytest.mark.parametrize("size", [(640, 360), (360, 640), (480, 480)])
@pytest.mark.parametrize("text", ["Holiday", "The long way home\nA film in four shots", "word " * 400, "圣诞节 🚀", ""])
def test_a_title_card_stays_inside_its_frame_and_in_the_middle(size: tuple[int, int], text: str) -> None:
    card = draw_title_card(text, *size)
    assert ("RGB", size) == (card.mode, card.size)
    ink = ImageChops.difference(card, Image.new("RGB", size, card.getpixel((0, 0)))).getbbox()
    assert ink is not None
    margins = (ink[0], size[0] - ink[2], ink[1], size[1] - ink[3])
    assert min(margins) > 10
    assert abs(margins[0] - margins[1]) < size[0] * 0.06
    assert abs(margins[2] - margins[3]) < size[1] * 0.1
