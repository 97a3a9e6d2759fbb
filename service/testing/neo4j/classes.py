"""What a Java loads of a version of Neo4j, prepared once on a machine: a start takes half of the work then.

A server is started, a story is recorded in it, and what it has loaded by then is kept in a file beside the artifacts
(class data sharing). A Java that the file does not fit does without it.
"""

from __future__ import annotations

import hashlib
import shutil
import subprocess
import zipfile
from collections.abc import Callable
from importlib.resources import files
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import NamedTuple

import filelock

ENDING_S = 600
"""A Java that ends writes down what it loaded, however busy its machine is."""

QUIET = "-Xlog:disable"
"""A Java tells on its standard output which classes it cannot share, and nobody reads that."""
Train = Callable[["Prepared", str], None]


class Prepared(NamedTuple):
    """The compiled launcher, and the archive of loaded classes, which may not be there."""

    launcher: Path
    archive: Path


def prepared(java: Path, artifacts: Path, train: Train) -> Prepared:
    """What is prepared of artifacts for a Java, which stays beside that for others; made now where it is not there yet,
    by one process at a time.

    `train` starts a server with an option of Java, uses it, and ends it. Raises RuntimeError where the launcher does
    not compile.
    """
    source = files("service.testing.neo4j").joinpath("Launcher.java").read_bytes()
    machine = f"{java} {java.stat().st_mtime_ns} {artifacts} {artifacts.stat().st_mtime_ns}"
    name = hashlib.sha256(machine.encode() + source).hexdigest()[:16]
    folder = artifacts.parent / f"prepared-{name}"
    found = Prepared(folder / "launcher.jar", folder / "classes.jsa")
    with filelock.FileLock(artifacts.parent / "preparing.lock"):
        if not (folder / "complete").exists():
            for other in artifacts.parent.glob("prepared-*"):
                if _is_stale(other, java):
                    shutil.rmtree(other)
            folder.mkdir()
            _compile(java, artifacts, source, found.launcher)
            train(found, f"-XX:ArchiveClassesAtExit={found.archive}")
            (folder / "complete").write_text(str(java))
    return found


def _is_stale(folder: Path, java: Path) -> bool:
    """Whether nobody needs what is there: for this Java as it was, for one that is gone, or not done to the end."""
    complete = folder / "complete"
    made_for = complete.read_text() if complete.exists() else ""
    return made_for in ("", str(java)) or not Path(made_for).exists()


def _compile(java: Path, artifacts: Path, source: bytes, into: Path) -> None:
    """Compile the launcher into a jar: a Java shares no classes of a directory."""
    with TemporaryDirectory() as folder:
        program = Path(folder) / "Launcher.java"
        program.write_bytes(source)
        command = [str(java.parent / "javac"), "-cp", f"{artifacts}/*", "-d", folder, str(program)]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        if done.returncode:
            raise RuntimeError(f"the launcher of Neo4j does not compile:\n{done.stderr[-3000:]}")
        with zipfile.ZipFile(into, "w") as jar:
            for compiled in Path(folder).glob("*.class"):
                jar.write(compiled, compiled.name)
