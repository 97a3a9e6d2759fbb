"""Fills README.md's printed output from what the program prints, and writes docs/settings.md.

`python scripts/readme.py` after a change of either.
"""

import asyncio
import io
import json
import re
from pathlib import Path

from rich.console import Console, RenderableType

from graph_schema.answer import Direction
from graph_schema.trace import TraceQuestion
from seed.story import PACK_RECYCLED
from service import tracing
from service.api.context import Context
from service.api.schema import schema
from service.cli.audit import as_table
from service.cli.demo import QUERY, record_story, story_findings
from service.running import drive
from service.settings import Settings, reference
from service.stores.memory import MemoryStore
from service.writers.tree import render

README = Path(__file__).parents[1] / "README.md"
SETTINGS = README.parent / "docs" / "settings.md"


def blocks() -> dict[str, str]:
    """The generated blocks, by the line that comes before each."""
    store = MemoryStore()
    drive(record_story(store))
    trace = asyncio.run(tracing.trace(store, TraceQuestion(PACK_RECYCLED, Direction.FORWARD)))
    assert trace is not None
    answered = asyncio.run(schema.execute(QUERY, context_value=Context(store, Settings(store="memory:"))))
    return {
        "```text\n": printed(render(trace)),
        "`voltrace demo` prints it:\n\n```text\n": printed(as_table(drive(story_findings(store)))),
        "```graphql\n": QUERY,
        "The answer:\n\n```json\n": compact({"data": answered.data, "extensions": answered.extensions}),
    }


def printed(what: RenderableType) -> str:
    """As a terminal of 118 columns shows it."""
    console = Console(width=118, record=True, file=io.StringIO())
    console.print(what)
    return "\n".join(line.rstrip() for line in console.export_text().rstrip().splitlines())


def compact(data: object) -> str:
    """JSON with one object of a list a line."""
    text = json.dumps(data, indent=2)
    return re.sub(r"\{\s+([^{}]*?)\s+\}", lambda match: "{" + re.sub(r"\s+", " ", match[1]) + "}", text)


def filled(text: str) -> str:
    """The README with its blocks as they should be."""
    for opening, content in blocks().items():
        start = text.index(opening) + len(opening)
        end = text.index("\n```", start)
        text = text[:start] + content + text[end:]
    return text


if __name__ == "__main__":
    README.write_text(filled(README.read_text()))
    SETTINGS.write_text(reference())
