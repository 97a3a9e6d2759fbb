"""Labels under bars: none lies on another, and the lines to them pass beside them."""

import random
from itertools import combinations

import pytest

from service.explorer.labels import Wish, labels

WIDTH = 340.0


def wishes(count: int, seed: int) -> list[Wish]:
    """Bars beside each other, with labels of any width."""
    dice, left, found = random.Random(seed), 0.0, []
    for _ in range(count):
        right = left + dice.uniform(1, (WIDTH - 60 - left) / 2)
        found.append(Wish(left, right, dice.uniform(30, 200)))
        left = right + 4
    return found


@pytest.mark.parametrize("seed", range(40))
@pytest.mark.parametrize("count", [1, 2, 3, 8])
def test_no_label_lies_on_another_or_beyond_the_edge(count: int, seed: int) -> None:
    wished = wishes(count, seed)
    placed = labels(wished, WIDTH)
    for wish, label in zip(wished, placed, strict=True):
        assert label.left >= 0
        assert label.left + wish.width <= WIDTH
        assert wish.left <= label.line <= wish.right
    for (wish, label), (other, beside) in combinations(zip(wished, placed, strict=True), 2):
        apart = label.left + wish.width <= beside.left or beside.left + other.width <= label.left
        assert label.level != beside.level or apart


def test_labels_that_have_room_stand_on_the_first_level() -> None:
    placed = labels([Wish(0, 100, 80), Wish(112, 140, 90), Wish(230, 300, 90)], WIDTH)
    assert [(label.left, label.level) for label in placed] == [(0, 0), (112, 0), (230, 0)]


def test_lines_to_lower_labels_pass_beside_the_ones_above() -> None:
    wished = [Wish(0, 20, 150), Wish(30, 50, 150), Wish(60, 80, 150), Wish(290, 300, 150), Wish(310, 330, 150)]
    placed = labels(wished, WIDTH)
    for low in placed:
        for high, wish in zip(placed, wished, strict=True):
            if high.level < low.level:
                assert not high.left < low.line < high.left + wish.width
