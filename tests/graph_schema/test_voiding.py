"""Which voidings count: from last to first, timeless, before the fold (7.5)."""

from tests.graph_schema.telling import codes, event, folded, made, moved, registered, status, unit, voided

PACK = made("p", 1, unit("P", "BATTERY"), unit("m"))


def test_one_that_counts_beats_every_status() -> None:
    told = [
        PACK,
        moved("in", "INSTALLATION", 2, "m", "P"),
        moved("contested", "INSTALLATION", 3, "m", "P"),
        moved("pending", "INSTALLATION", 3, "ghost", "P"),
    ]
    voids = [voided(f"v-{each['eventId']}", 0, each["eventId"]) for each in told]
    graph = folded(*told, *voids)
    assert {status(graph, each["eventId"]) for each in told} == {"VOIDED"}
    assert {status(graph, each["eventId"]) for each in voids} == {"ACCEPTED"}, "whatever both times"
    assert graph.timelines == {}


def test_an_unknown_target_is_waited_for() -> None:
    graph = folded(voided("v", 1, "to come"))
    assert (status(graph, "v"), codes(graph, "v")) == ("PENDING", [("UNKNOWN_EVENT", "to come", None)])


def test_only_the_actor_or_a_regulator() -> None:
    stranger = voided("v", 9, "p", "B")
    assert codes(folded(PACK, stranger), "v") == [("NOT_ENTITLED", "p", "p")]
    assert status(folded(PACK, stranger), "p") == "ACCEPTED"
    for others in (
        [registered("r", 1, "B", "REGULATOR")],
        [registered("r", 99, "B", "MAKER", "REGULATOR")],
        [registered("r", 1, "B", "REGULATOR"), registered("s", 2, "B", "MAKER")],
        [registered("r", 1, "B", "REGULATOR"), voided("w", 3, "r", "B")],
    ):
        assert status(folded(PACK, stranger, *others), "p") == "VOIDED", "in any registration of the log, voided or not"
    assert status(folded(PACK, stranger, registered("r", 1, "B", "regulator")), "p") == "ACCEPTED"


def test_a_voiding_of_a_voiding_and_so_on() -> None:
    told = [PACK]
    expected = {"p": "ACCEPTED"}
    for number in range(1, 6):
        target = "p" if number == 1 else f"v{number - 1}"
        told.append(voided(f"v{number}", 10 + number, target))
        graph = folded(*told)
        expected = {
            "p": "VOIDED" if number % 2 else "ACCEPTED",
            **{f"v{n}": "ACCEPTED" if (number - n) % 2 == 0 else "VOIDED" for n in range(1, number + 1)},
        }
        assert {name: status(graph, name) for name in expected} == expected


def test_only_a_later_voiding_voids_one() -> None:
    graph = folded(PACK, voided("v", 9, "p"), voided("w", 8, "v"))
    assert [status(graph, name) for name in "pvw"] == ["VOIDED", "ACCEPTED", "CONTESTED"]
    assert codes(graph, "w") == [("NOT_ENTITLED", "v", "v")]
    itself = folded(voided("v", 9, "v"))
    assert codes(itself, "v") == [("NOT_ENTITLED", "v", "v")]
    each_other = folded(voided("v", 8, "w"), voided("w", 9, "v"))
    assert [status(each_other, name) for name in "vw"] == ["VOIDED", "ACCEPTED"]


def test_one_event_voided_twice() -> None:
    graph = folded(PACK, voided("v", 8, "p"), voided("w", 9, "p"), voided("x", 10, "w"))
    assert [status(graph, name) for name in "pvwx"] == ["VOIDED", "ACCEPTED", "VOIDED", "ACCEPTED"], "one is enough"


def test_a_contested_voiding_can_be_voided() -> None:
    graph = folded(PACK, voided("v", 8, "p", "B"), voided("w", 9, "v", "B"))
    assert [status(graph, name) for name in "pvw"] == ["ACCEPTED", "VOIDED", "ACCEPTED"]


def test_what_was_contested_heals() -> None:
    told = [
        made("q", 1, unit("Q")),
        PACK,
        moved("i", "INSTALLATION", 2, "m", "P"),
        moved("j", "INSTALLATION", 3, "m", "Q"),
    ]
    assert status(folded(*told), "j") == "CONTESTED"
    assert status(folded(*told, voided("v", 9, "i")), "j") == "ACCEPTED"


def test_a_voided_production_leaves_what_builds_on_it_pending() -> None:
    graph = folded(PACK, event("t", "TRANSFER", 2, items=["m"], to="B"), voided("v", 9, "p"))
    assert (status(graph, "t"), codes(graph, "t")) == ("PENDING", [("UNKNOWN_ITEM", "m", None)])
