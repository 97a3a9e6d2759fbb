"""The flow of batteries from stage to stage as a picture: those made, what they are now, what became of the retired."""

from __future__ import annotations

from collections.abc import Sequence

from markupsafe import Markup

from service.explorer.balance import Flow, Place
from service.explorer.fates import ROOT, Band
from service.explorer.sankey import Said, drawn
from service.explorer.stages import Stage
from service.languages import Language

WIDTH = 930
"""Of the picture, which is drawn as wide as the page is."""
OTHER = "other"
"""Made, and neither in use nor retired."""


def stage_flow(stages: Sequence[Stage], language: Language) -> Markup | None:
    """The picture; None where there is nothing, or the counts of two sources do not go together."""
    found = {stage.name: stage for stage in stages}
    made, in_use, retired = (found[name].amount.batteries or 0 for name in ("made", "inUse", "retired"))
    rest = made - in_use - retired
    if not made or rest < 0:
        return None
    branches = found["retired"].branches
    kg = {one.name: one.amount.kg for one in [*stages, *branches]}
    places = [Place(ROOT, 0, [], kg=made)]
    bands = []
    for name, count in (("inUse", in_use), (OTHER, rest), ("retired", retired)):
        if count:
            places.append(Place(name, 1, [], "" if name == "retired" else name, 1, count))
            bands.append(Band(ROOT, name, count))
    for one in branches:
        count = one.amount.batteries or 0
        places.append(Place(one.name, 2, [], one.name, 2, count))
        if count:  # else it is of parts alone
            bands.append(Band("retired", one.name, count))
    columns = [[place for place in places if place.column == number] for number in range(3)]
    flow = Flow("", {place.name: place for place in places}, bands, [column for column in columns if column])

    def beside(place: Place) -> tuple[str, str]:
        mass = kg.get(place.name)
        count = language.text("stages.batteries", count=language.number(place.kg))
        if not place.kg and mass is not None:
            second = language.text("stages.parts", mass=language.weight(mass))
        else:
            second = count if mass is None else f"{count} · {language.weight(mass)}"
        return language.text(f"stages.{place.name or 'made'}"), second

    told = "; ".join(" ".join(beside(place)) for place in places)
    heads = [language.text(f"stages.head.{name}") for name in ("made", "now", "fates")]
    return drawn(flow, Said(heads[: len(flow.columns)], beside, language.number, told, WIDTH // len(flow.columns)))
