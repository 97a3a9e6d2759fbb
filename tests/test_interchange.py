"""What docs/interchange.md shows is what the program reads and prints; every format and setting is in it."""

import runpy
from pathlib import Path

from service.ingesting import FORMATS
from service.readers.epcis.events import KINDS
from service.readers.tables.mapping import FieldSource, Table

ROOT = Path(__file__).parents[1]
TEXT = (ROOT / "docs" / "interchange.md").read_text()


def test_the_examples_print_what_the_page_says() -> None:
    script = runpy.run_path(str(ROOT / "scripts" / "interchange.py"))
    assert script["filled"](TEXT) == TEXT, "run: python scripts/interchange.py"


def test_every_format_and_every_word_of_a_mapping_is_explained() -> None:
    words = [field.alias or name for model in (Table, FieldSource) for name, field in model.model_fields.items()]
    assert [word for word in [*FORMATS, *words] if f"`{word}`" not in TEXT] == []
    assert [kind for kind in KINDS if kind not in TEXT] == []
