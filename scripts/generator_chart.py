"""Draws docs/generator.svg: what a generated history is like. `python scripts/generator_chart.py` writes it again."""

from __future__ import annotations

from collections import Counter
from datetime import date
from pathlib import Path

from seed.nation import generate

CHART = Path(__file__).parents[1] / "docs" / "generator.svg"
BATTERIES, SEED = 2000, 1
WIDTH, HEIGHT, TOP, LEFT = 300, 150, 46, 46
GREEN, ORANGE, INK = "#3a7d44", "#d9822b", "#333"

Bars = list[tuple[str, int, int]]


def collected() -> dict[str, Bars]:
    """Bars of each panel: a label, and how many of LFP and of NMC."""
    built: Counter[tuple[str, bool]] = Counter()
    ended: Counter[tuple[str, bool]] = Counter()
    health: Counter[tuple[str, bool]] = Counter()
    late: Counter[tuple[str, bool]] = Counter()
    chemistry: dict[str, bool] = {}
    measured: dict[str, float] = {}
    for event in generate(BATTERIES, SEED):
        for spec in event.get("outputs", ()):
            if spec["key"][3:4] == "P" and spec.get("kind") == "BATTERY" and event["type"] == "PRODUCTION":
                chemistry[spec["key"]] = spec["chemistry"] == "LFP"
                built[event["occurredAt"][:4], chemistry[spec["key"]]] += 1
        item = event.get("item")
        if item in chemistry and event["type"] == "INSPECTION":
            measured[item] = event["measurements"]["stateOfHealthPercent"]
        elif item in chemistry and event["type"] == "RETIREMENT":
            ended[event["occurredAt"][:4], chemistry[item]] += 1
            if item in measured:
                health[f"{int(measured[item] // 5) * 5}", chemistry[item]] += 1
        if event["type"] != "REGISTRATION":
            days = date.fromisoformat(event["recordedAt"][:10]) - date.fromisoformat(event["occurredAt"][:10])
            late[f"{days.days}", True] += 1
    return {
        "packs built, by year": _bars(built),
        "packs retired, by year": _bars(ended),
        "state of health of retired packs, %": _bars(health),
        "days from an event to its report": _bars(late),
    }


def _bars(counted: Counter[tuple[str, bool]]) -> Bars:
    labels = sorted({label for label, _ in counted}, key=int)
    return [(label, counted[label, True], counted[label, False]) for label in labels]


def chart() -> str:
    """The four panels as SVG."""
    panels = [
        _panel(title, bars, LEFT + (number % 2) * (WIDTH + 60), TOP + number // 2 * (HEIGHT + 70))
        for number, (title, bars) in enumerate(collected().items())
    ]
    head = (
        f"Synthetic history: voltrace generate --batteries {BATTERIES} --seed {SEED}. Green: LFP (or all), orange: NMC"
    )
    size = f'width="{2 * WIDTH + 140}" height="{2 * HEIGHT + 150}"'
    style = f'font-family="sans-serif" font-size="10" fill="{INK}"'
    title = f'<title>{head}</title><text x="{LEFT}" y="16" font-size="12">{head}</text>'
    return f'<svg xmlns="http://www.w3.org/2000/svg" {size} {style}>\n{title}\n' + "\n".join(panels) + "\n</svg>\n"


def _panel(title: str, bars: Bars, left: int, top: int) -> str:
    most = max(green + orange for _, green, orange in bars)
    step = WIDTH / len(bars)
    drawn = [f'<text x="{left}" y="{top - 6}" font-weight="bold">{title} (at most {most:,})</text>']
    for number, (label, green, orange) in enumerate(bars):
        x, tall = left + number * step, HEIGHT * green / most
        more = HEIGHT * orange / most
        drawn.append(
            _bar(x, top + HEIGHT - tall, step, tall, GREEN) + _bar(x, top + HEIGHT - tall - more, step, more, ORANGE)
        )
        drawn.append(f'<text x="{x + step / 2:.1f}" y="{top + HEIGHT + 13}" text-anchor="middle">{label}</text>')
    return "\n".join(drawn)


def _bar(x: float, y: float, step: float, height: float, colour: str) -> str:
    return f'<rect x="{x + 1:.1f}" y="{y:.1f}" width="{step - 2:.1f}" height="{height:.1f}" fill="{colour}"/>'


if __name__ == "__main__":
    CHART.write_text(chart(), encoding="utf-8")
