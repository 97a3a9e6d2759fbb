"""The order in which a store gives rows is nothing that an answer goes by, to the last digit."""

import random
from typing import Any

import pytest

from graph_schema.answer import Direction
from graph_schema.reader import Around
from graph_schema.trace import TraceQuestion, trace
from service.running import drive
from service.stores.contract.telling import draw, event, lot, made, unit
from service.stores.graph_reader import GraphReader
from tests.support import folded

MASSES = (0.1, 0.2, 0.3, 0.7, 1.1, 1e-9)


class Shuffled(GraphReader):
    """A reader that gives the rows of each level in an order of chance."""

    chance = random.Random(0)

    async def around(self, *level: Any, **named: Any) -> Around:
        rows = await super().around(*level, **named)
        return Around(*(self.chance.sample(list(column), len(column)) for column in rows))


def history() -> list[dict[str, Any]]:
    """A pack of several modules into one lot, which several lots come out of, with a loss."""
    parts = [unit(f"M{number}", massKg=kg, composition={"Li": kg / 7}) for number, kg in enumerate(MASSES)]
    pack = unit("PACK", "BATTERY", [part["key"] for part in parts], massKg=3.3, composition={"Li": 0.41})
    lots = [lot(f"L{number}", kg / 3, kg / 11) for number, kg in enumerate(MASSES)]
    taken = [event(f"d{number}", "REMOVAL", 2, part=part["key"], host="PACK") for number, part in enumerate(parts)]
    inputs = [draw(part["key"]) for part in parts]
    recycled = event("r", "RECYCLING", 3, inputs=[*inputs, draw("PACK")], outputs=lots)
    refined = event(
        "f", "REFINING", 4, inputs=[draw(f"L{n}", kg / 4) for n, kg in enumerate(MASSES)], outputs=[lot("X", 0.5, 0.1)]
    )
    return [made("m", 0, *parts), made("p", 1, pack), *taken, recycled, refined]


@pytest.mark.parametrize(("key", "direction"), [("PACK", Direction.FORWARD), ("X", Direction.BACKWARD)])
def test_shares_and_balances_are_the_same(key: str, direction: Direction) -> None:
    graph = folded(history())
    assert {graph.outcomes[event_id].status.value for event_id in graph.outcomes} == {"ACCEPTED"}
    question = TraceQuestion(key, direction)

    def told() -> str:
        answer = drive(trace(Shuffled(graph), question))
        assert answer is not None
        assert answer.attribution
        assert answer.balance or direction is Direction.BACKWARD
        return f"{sorted(answer.attribution)} {answer.balance}"

    assert len({told() for _ in range(40)}) == 1
