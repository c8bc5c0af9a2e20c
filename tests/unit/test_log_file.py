"""One log file for all processes of a machine: nothing lost, nothing torn, a bound on what is kept."""

import os
import subprocess
import sys
from pathlib import Path

import orjson

WRITER = """
import os, django
django.setup()
import structlog
log = structlog.get_logger("test")
for _ in range(2):
    os.fork()
for line in range(100):
    log.info("line.written", pid=os.getpid(), line=line)
try:
    while True:
        os.wait()
except ChildProcessError:
    pass
"""


def written(folder: Path, **env: str) -> list[Path]:
    """The log files after four processes, of which three were forked with the file open, wrote 100 lines each."""
    settings = {"DJANGO_SETTINGS_MODULE": "config.settings", "LOG_FILE": str(folder / "conveyor.log")}
    subprocess.run([sys.executable, "-c", WRITER], env=os.environ | settings | env, check=True, capture_output=True, timeout=60)
    return sorted(folder.glob("conveyor.log*"))


def test_several_processes_write_and_rotate_one_file(tmp_path: Path) -> None:
    files = written(tmp_path, LOG_FILE_BYTES="6000", LOG_FILES="50")
    assert len(files) > 5
    lines = [orjson.loads(line) for file in files for line in file.read_bytes().splitlines()]
    assert len({(line["pid"], line["line"]) for line in lines}) == len(lines) == 400
    assert {(line["event"], line["level"], line["logger"]) for line in lines} == {("line.written", "info", "test")}


def test_only_so_many_files_are_kept(tmp_path: Path) -> None:
    assert len(written(tmp_path, LOG_FILE_BYTES="6000", LOG_FILES="2")) == 3
