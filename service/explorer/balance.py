"""Where the kilograms of the root are: a flow of each element from it to what became of it."""

from __future__ import annotations

from collections.abc import Callable

from markupsafe import Markup, escape

from graph_schema.answer import Balance, Trace

BALANCE_PARTS = ("recovered", "inUse", "usedInProduction", "disposed", "loss")
WIDTH, HEIGHT, BAR, GAP = 640, 220, 22, 14


def parts_of(row: Balance) -> tuple[float, ...]:
    """The parts of a balance, in the order of BALANCE_PARTS, kg."""
    return row.recovered_kg, row.in_use_kg, row.used_in_production_kg, row.disposed_kg, row.loss_kg


def balance_picture(trace: Trace, told: Callable[[str, float], str]) -> list[tuple[Balance, Markup]]:
    """Each row with its picture; `told` says a part and its mass in the reader's language."""
    return [(row, _flow(row, told)) for row in trace.balance]


def _flow(row: Balance, told: Callable[[str, float], str]) -> Markup:
    """A bar of the root on the left, a bar of each part on the right, and a band between them."""
    shown = [(name, kg) for name, kg in zip(BALANCE_PARTS, parts_of(row), strict=True) if kg > 0]
    total = sum(kg for _, kg in shown)
    if not total:
        return Markup("")
    high = HEIGHT - GAP * (len(shown) - 1)
    top = (HEIGHT - high) / 2
    drawn = [Markup('<rect class="root" x="0" y="{:.1f}" width="{}" height="{:.1f}"/>').format(top, BAR, high)]
    left, right, labelled = top, 0.0, -20.0
    for name, kg in shown:
        size = max(high * kg / total, 1.0)
        middle, end = WIDTH * 0.32, WIDTH * 0.62
        band = (
            f"M{BAR} {left:.1f}C{middle:g} {left:.1f} {middle:g} {right:.1f} {end:g} {right:.1f}"
            f"V{right + size:.1f}C{middle:g} {right + size:.1f} {middle:g} {left + size:.1f} {BAR} {left + size:.1f}Z"
        )
        labelled = max(right + size / 2 + 5, labelled + 17)
        drawn.append(
            Markup(
                '<path class="flow {}" d="{}"/><rect class="{}" x="{:g}" y="{:.1f}" width="{}" height="{:.1f}"/>'
                '<text x="{:g}" y="{:.1f}">{}</text>'
            ).format(name, band, name, end, right, BAR, size, end + BAR + 8, labelled, escape(told(name, kg)))
        )
        left += high * kg / total
        right += size + GAP
    head = Markup('<svg class="balance" viewBox="0 -16 {} {}" role="img" aria-label="{}">').format(
        WIDTH, HEIGHT + 36, "; ".join(told(name, kg) for name, kg in shown)
    )
    return head + Markup("").join(drawn) + Markup("</svg>")
