"""What a Java loads of Neo4j is prepared once, and again where anything that it was made of is another."""

import os
import zipfile
from pathlib import Path

import pytest

from service.testing.neo4j import classes
from service.testing.neo4j.classes import Prepared, prepared


@pytest.fixture
def java(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A Java that compiles anything."""
    monkeypatch.setattr(classes, "_compile", lambda java, artifacts, source, into: into.write_bytes(source))
    java = tmp_path / "jdk" / "java"
    java.parent.mkdir()
    java.touch()
    return java


def test_it_is_made_once(java: Path, tmp_path: Path) -> None:
    artifacts = tmp_path / "5.26.20" / "lib"
    artifacts.mkdir(parents=True)
    options: list[str] = []

    def train(made: Prepared, option: str) -> None:
        assert made.launcher.exists(), "a server can be started"
        options.append(option)
        made.archive.touch()

    first = prepared(java, artifacts, train)
    assert prepared(java, artifacts, train) == first
    assert options == [f"-XX:ArchiveClassesAtExit={first.archive}"]
    os.utime(java, (1, 1))
    again = prepared(java, artifacts, train)
    assert len(options) == 2
    assert (again.archive.exists(), first.archive.exists()) == (True, False), "what nobody needs any more is removed"


def test_what_is_made_for_another_java_stays_as_long_as_that(java: Path, tmp_path: Path) -> None:
    artifacts = tmp_path / "5.26.20" / "lib"
    artifacts.mkdir(parents=True)
    other = tmp_path / "other" / "java"
    other.parent.mkdir()
    other.touch()
    made = {one: prepared(one, artifacts, lambda made, option: made.archive.touch()) for one in (java, other)}
    assert all(one.archive.exists() for one in made.values())
    assert prepared(java, artifacts, lambda made, option: pytest.fail("it is there")) == made[java]
    other.unlink()
    os.utime(java, (1, 1))
    prepared(java, artifacts, lambda made, option: made.archive.touch())
    assert not any(one.archive.exists() for one in made.values())


def test_what_was_interrupted_is_made_again(java: Path, tmp_path: Path) -> None:
    artifacts = tmp_path / "5.26.20" / "lib"
    artifacts.mkdir(parents=True)

    def interrupted(made: Prepared, option: str) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        prepared(java, artifacts, interrupted)
    made = prepared(java, artifacts, lambda made, option: made.archive.touch())
    assert made.archive.exists()


def test_a_launcher_that_does_not_compile_is_told(tmp_path: Path) -> None:
    jdk = tmp_path / "jdk"
    jdk.mkdir()
    (jdk / "javac").write_text("#!/bin/sh\necho 'Launcher.java:1: error' >&2\nexit 1\n")
    (jdk / "javac").chmod(0o755)
    (jdk / "java").touch()
    artifacts = tmp_path / "5.26.20" / "lib"
    artifacts.mkdir(parents=True)
    with pytest.raises(RuntimeError, match=r"does not compile:\nLauncher\.java:1: error"):
        prepared(jdk / "java", artifacts, lambda made, option: None)


def test_compiled_classes_are_in_the_jar(tmp_path: Path) -> None:
    jdk = tmp_path / "jdk"
    jdk.mkdir()
    (jdk / "javac").write_text("#!/bin/sh\ntouch $4/Launcher.class '$4/Launcher$1.class'\n".replace("'$4", '"$4"\''))
    (jdk / "javac").chmod(0o755)
    (jdk / "java").touch()
    artifacts = tmp_path / "5.26.20" / "lib"
    artifacts.mkdir(parents=True)
    made = prepared(jdk / "java", artifacts, lambda made, option: None)
    assert sorted(zipfile.ZipFile(made.launcher).namelist()) == ["Launcher$1.class", "Launcher.class"]
    assert not made.archive.exists(), "a Java that makes none does without it"
