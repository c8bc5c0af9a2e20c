"""This host: Python, its packages, the folder of uploads."""

import os
import platform
import re
import shutil
import sys
from importlib import metadata
from pathlib import Path

from django.conf import settings
from packaging.version import Version

from jobs.queries.doctor.finding import Finding

OLDEST = (3, 11)
FULL = 0.95


def python() -> Finding:
    words = f"Python {platform.python_version()}"
    if sys.version_info[:2] < OLDEST:
        return Finding.fail(words, f"Install Python {'.'.join(map(str, OLDEST))} or later.")
    return Finding.ok(words)


def packages() -> Finding:
    """What is installed is what requirements.txt names."""
    listed = re.findall(r"^([\w.-]+)(?:\[[^]]*\])?==(\S+)", Path(settings.ROOT, "requirements.txt").read_text(), re.MULTILINE)
    other = [f"{name} {has or 'is missing'}" for name, wanted in listed if (has := _installed(name)) != wanted and not _same(has, wanted)]
    if not other:
        return Finding.ok(f"the {len(listed)} packages of requirements.txt")
    return Finding.warn(f"not as in requirements.txt: {', '.join(other)}", "pip install -r requirements.txt")


def _installed(name: str) -> str:
    try:
        return metadata.version(name)
    except metadata.PackageNotFoundError:
        return ""


def _same(has: str, wanted: str) -> bool:
    return bool(has) and Version(has) == Version(wanted)


def uploads() -> Finding:
    folder = Path(settings.UPLOAD_DIR)
    nearest = next(place for place in (folder, *folder.parents) if place.exists())
    if not os.access(nearest, os.W_OK | os.X_OK) or not nearest.is_dir():
        return Finding.fail(f"{folder} is not writable", "Let the user of web and workers write there, or set UPLOAD_DIR.")
    disk = shutil.disk_usage(nearest)
    if disk.used / disk.total > FULL:
        return Finding.warn(f"the disk of {folder} is {disk.used / disk.total:.0%} full", "Make room, or set UPLOAD_DIR.")
    return Finding.ok(f"{folder} is writable")
