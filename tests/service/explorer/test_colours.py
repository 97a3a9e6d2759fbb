"""Colours of lanes: they can be read by day and by night, and told apart."""

import re
from importlib.resources import files
from math import dist

import pytest

from service.explorer.timeline import COLOURS


def brightness(colour: str) -> float:
    """The relative luminance of WCAG."""
    parts = [one / 255 for one in bytes.fromhex(colour[1:])]
    red, green, blue = (one / 12.92 if one <= 0.04045 else ((one + 0.055) / 1.055) ** 2.4 for one in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


@pytest.mark.parametrize("dark", [False, True])
def test_lanes_are_light_or_dark_as_the_page_and_no_holder_is_taken_for_a_gap(dark: bool) -> None:
    sheet = (files("service.explorer") / "static/trace.css").read_text("utf-8")
    pair = r"light-dark\((#\w{6}), (#\w{6})\)"
    (ink,) = re.findall(rf"\.span {{ color: {pair}", sheet)
    ((*gap, light, night),) = re.findall(rf"\.span\.gap {{ background: {pair}; color: {pair}", sheet)
    held = re.findall(rf"\.span\.held\.colour-\d {{ background: {pair}", sheet)
    (inside,) = re.findall(r"\.span\.inside { background: ([^}]*)", sheet)
    on = [(ink, one) for one in (*held, *re.findall(pair, inside))] + [((light, night), gap)]
    assert len({one[dark] for one in held}) == COLOURS
    for text, ground in on:
        low, high = sorted((brightness(text[dark]), brightness(ground[dark])))
        assert (high + 0.05) / (low + 0.05) >= 4.5, (text, ground)
        assert (brightness(ground[dark]) < 0.1) is dark, ground
    for one in held:
        assert dist(bytes.fromhex(one[dark][1:]), bytes.fromhex(gap[dark][1:])) > 30, one
