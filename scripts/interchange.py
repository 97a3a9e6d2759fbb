"""Fills docs/interchange.md with what its commands print, run one after another on the files that it shows.

`python scripts/interchange.py` after a change of either.
"""

import os
import re
import tempfile
from collections.abc import Iterator
from contextlib import chdir, contextmanager
from pathlib import Path

from click.testing import CliRunner

from service.cli import main

PAGE = Path(__file__).parents[1] / "docs" / "interchange.md"
FENCE = re.compile(r"^```(\w+)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
FILE = re.compile(r"`([\w.-]+\.\w+)`[^`]*\Z")


def filled(text: str) -> str:
    """The page with its printed output as it should be. A block is the file that is named last before it."""
    done, place = [], 0
    with _folder() as folder:
        for block in FENCE.finditer(text):
            language, content = block[1], block[2]
            before = text[place : block.start()]
            if language == "console":
                content = "".join(_printed(line) for line in content.splitlines() if line.startswith("$ "))
            elif language == "python":
                exec(content, {})
            else:
                (folder / FILE.search(before)[1]).write_text(content)  # type: ignore[index]
            done += [before, f"```{language}\n{content}```"]
            place = block.end()
    return "".join([*done, text[place:]])


@contextmanager
def _folder() -> Iterator[Path]:
    with tempfile.TemporaryDirectory() as folder, chdir(folder):
        os.environ["VOLTRACE_STORE"] = "sqlite:store.db"
        try:
            yield Path(folder)
        finally:
            del os.environ["VOLTRACE_STORE"]


def _printed(line: str) -> str:
    arguments = line.removeprefix("$ voltrace ").split()
    output = CliRunner().invoke(main, arguments).output
    return "\n".join([line, *(printed.rstrip() for printed in output.rstrip().splitlines())]) + "\n"


if __name__ == "__main__":
    PAGE.write_text(filled(PAGE.read_text()))
