"""Settings are read from the environment, or refused by name."""

import pytest

from service.settings import load


def test_values_have_the_type_of_their_defaults() -> None:
    stated = {"VOLTRACE_PORT": "1", "VOLTRACE_GRAPHIQL": "false", "VOLTRACE_STORE": "memory:", "VOLTRACE_PROXIES": "0"}
    settings = load(stated)
    assert (settings.port, settings.graphiql, settings.store, settings.proxies) == (1, False, "memory:", 0)
    assert load({"VOLTRACE_GRAPHIQL": "true"}).graphiql is True
    assert load({"VOLTRACE_GRAPHIQL": ""}).graphiql is True
    assert load({}).store.startswith("sqlite:")


@pytest.mark.parametrize(
    ("name", "text", "takes"),
    [
        ("VOLTRACE_PORT", "0", "a whole number above 0"),
        ("VOLTRACE_PORT", "-1", "a whole number above 0"),
        ("VOLTRACE_PORT", "٣", "a whole number above 0"),
        ("VOLTRACE_PROXIES", "-1", "a whole number, 0 or more"),
        ("VOLTRACE_GRAPHIQL", "yes", "true or false"),
    ],
)
def test_a_bad_value_is_refused_by_name(name: str, text: str, takes: str) -> None:
    with pytest.raises(ValueError, match=f"{name} is '{text}'; it takes {takes}"):
        load({name: text})
