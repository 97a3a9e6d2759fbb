"""A Neo4j of our own: its Maven artifacts, run under a Java of this machine by a program of one file."""

from __future__ import annotations

import asyncio
import os
import re
import shutil
import socket
import subprocess
import tempfile
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from importlib.resources import as_file, files
from pathlib import Path
from threading import Timer

import filelock
import neo4j
import platformdirs

from seed.story import story
from service.recording import record
from service.stores.neo4j import Login
from service.testing.neo4j.classes import ENDING_S, QUIET, Prepared, prepared
from service.testing.neo4j.server import Server

OPENS = ("java.nio", "java.io", "sun.nio.ch", "java.lang", "java.util.concurrent")
JVM = ("-Xmx1g", "-XX:+UseSerialGC")
BRIEFLY = ("-XX:TieredStopAtLevel=1",)
"""For tests, which do most things once: the compiler that compiles better takes longer than it saves."""
CACHE_MIB = 256
STARTING_S = 600
OLDEST_JAVA = {"5": 17}
"""The oldest Java that runs a series of releases; the calendar releases need 21."""
NEWEST_JAVA = {"5": 21}


def java_for(version: str) -> Path | None:
    """The Java of this machine that fits a version best, None where none does."""
    series = version.split(".")[0]
    oldest, newest = OLDEST_JAVA.get(series, 21), NEWEST_JAVA.get(series, 99)
    fitting = [(major, path) for major, path in javas() if oldest <= major <= newest]
    return max(fitting)[1] if fitting else None


def javas() -> list[tuple[int, Path]]:
    """Every JDK of this machine, with its version."""
    homes = [Path(home) for home in [os.environ.get("JAVA_HOME")] if home]
    homes += sorted(Path("/usr/lib/jvm").glob("*")) if Path("/usr/lib/jvm").is_dir() else []
    on_path = shutil.which("java")
    homes += [Path(on_path).resolve().parent.parent] if on_path else []
    found: dict[Path, int] = {}
    for home in homes:
        java, compiler = home / "bin" / "java", home / "bin" / "javac"
        if java.exists() and compiler.exists() and java.resolve() not in found:
            told = subprocess.run([java, "-version"], capture_output=True, text=True, check=False).stderr
            version = re.search(r'version "(?:1\.)?(\d+)', told)
            if version:
                found[java.resolve()] = int(version[1])
    return [(major, path) for path, major in found.items()]


def jars(version: str) -> Path:
    """The directory with the artifacts of a version, fetched from Maven's repository where it is not there yet.

    One process at a time: Maven's own store does not bear two.
    """
    cache = Path(platformdirs.user_cache_dir("voltrace")) / "neo4j"
    folder = cache / version
    cache.mkdir(parents=True, exist_ok=True)
    with filelock.FileLock(cache / "fetching.lock"):
        if not (folder / "complete").exists():
            _fetch(version, folder / "lib")
            (folder / "complete").touch()
    return folder / "lib"


def _fetch(version: str, folder: Path) -> None:
    if shutil.which("mvn") is None:
        raise RuntimeError("Maven is missing, which fetches Neo4j for the tests; run: apt-get install maven")
    with as_file(files("service.testing.neo4j").joinpath("pom.xml")) as pom:
        command = [
            "mvn", "-q", "-B", "-f", str(pom), f"-Dneo4j.version={version}", "dependency:copy-dependencies",
            "-DincludeScope=runtime", f"-DoutputDirectory={folder}",
        ]  # fmt: skip
        done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        raise RuntimeError(f"Maven could not fetch Neo4j {version}:\n{done.stdout[-2000:]}{done.stderr[-1000:]}")


def load(version: str, home: Path, files_of_export: Path) -> None:
    """Run `neo4j-admin database import full` on exported files, into the database of a server's home.

    Raises RuntimeError with what the importer says where it fails.
    """
    (home / "conf").mkdir(parents=True, exist_ok=True)
    (home / "conf" / "neo4j.conf").touch()
    program = ["org.neo4j.cli.AdminTool", "database", "import", "full", "neo4j", "@import.args"]
    done = subprocess.run(
        [*_java(version), *program],
        cwd=files_of_export,
        env={**os.environ, "NEO4J_HOME": str(home), "NEO4J_CONF": str(home / "conf")},
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        raise RuntimeError(f"the import into Neo4j {version} failed:\n{done.stdout[-3000:]}{done.stderr[-3000:]}")


def _java(version: str, options: Sequence[str] = BRIEFLY) -> list[str]:
    """The command that runs a class of a version."""
    java = java_for(version)
    if java is None:
        raise RuntimeError(f"no JDK here runs Neo4j {version}; run: apt-get install openjdk-17-jdk-headless")
    artifacts = jars(version)

    def train(made: Prepared, option: str) -> None:
        command = _command(java, artifacts, made, [*BRIEFLY, option])
        with _running(command, version, keeps=True) as server, ThreadPoolExecutor(1) as apart:
            apart.submit(lambda: asyncio.run(_told(server))).result()

    made = prepared(java, artifacts, train)
    shared = [f"-XX:SharedArchiveFile={made.archive}"] if made.archive.exists() else []
    return _command(java, artifacts, made, [*shared, *options])


def _command(java: Path, artifacts: Path, made: Prepared, options: Sequence[str]) -> list[str]:
    opens = [f"--add-opens=java.base/{package}=ALL-UNNAMED" for package in OPENS]
    return [str(java), *JVM, QUIET, *options, *opens, "-cp", f"{artifacts}/*{os.pathsep}{made.launcher}"]


async def _told(server: Server) -> None:
    """Have a server load what recording takes."""
    store = server.store()
    try:
        await record(store, story())
    finally:
        await store.close()


@contextmanager
def started(
    version: str,
    home: Path | None = None,
    login: Login = Login(),
    port: int | None = None,
    measured: bool = False,
    keeps: bool = False,
) -> Iterator[Server]:
    """A server of our own until the block ends; with an empty database, or with what a home holds; on a port that is
    free, or that is stated.

    It asks for a login where one is given. One that is `measured` is as fast as Java makes it, but not at once. One
    that `keeps` its home writes everything out at the end, which takes ten seconds; others are killed.
    """
    command = _java(version, () if measured else BRIEFLY)
    with _running(command, version, home, login, port, keeps) as server:
        yield server


@contextmanager
def _running(
    command: list[str],
    version: str,
    home: Path | None = None,
    login: Login = Login(),
    port: int | None = None,
    keeps: bool = False,
) -> Iterator[Server]:
    with (
        tempfile.TemporaryDirectory(prefix="voltrace-neo4j-", ignore_cleanup_errors=True) as folder,
        (Path(folder) / "log").open("w+") as log,
    ):
        port = port or _free_port()
        logins = str(login.user is not None).lower()
        command = [*command, "Launcher", str(home or folder), str(port), logins, str(CACHE_MIB)]
        with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=log, text=True) as process:
            assert process.stdin is not None
            assert process.stdout is not None
            late = Timer(STARTING_S, process.kill)
            late.start()
            try:
                if not any(line.startswith("ready") for line in process.stdout):
                    log.seek(0)
                    raise RuntimeError(f"Neo4j {version} did not start in {STARTING_S} s:\n{log.read()[-3000:]}")
                late.cancel()
                found = f"its Maven artifacts under {command[0]}"
                server = Server(f"bolt://127.0.0.1:{port}", login, version, found, process.pid)
                if login.user is not None:
                    _change_password(server)
                yield server
            finally:
                late.cancel()
                if not keeps:
                    process.kill()
                process.stdin.close()
                try:
                    process.wait(ENDING_S)
                except subprocess.TimeoutExpired:
                    process.kill()


def _change_password(server: Server) -> None:
    """A new server knows the login neo4j/neo4j, which must change its password first."""
    with (
        neo4j.GraphDatabase.driver(server.url, auth=("neo4j", "neo4j")) as driver,
        driver.session(database="system") as session,
    ):
        change = "ALTER CURRENT USER SET PASSWORD FROM 'neo4j' TO $password"
        session.run(change, password=server.login.password).consume()


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
