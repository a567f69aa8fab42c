"""The order of the tests' files is one of files that are there."""

from pathlib import Path

from tests.order import FIRST


def test_files_that_come_first_are_there_and_named_once(project: Path) -> None:
    assert [name for name in FIRST if not (project / name).is_file()] == []
    assert len(set(FIRST)) == len(FIRST)
