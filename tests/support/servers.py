"""Run a command with a private PostgreSQL and Valkey: `python -m tests.support.servers COMMAND...`. Both end with it."""

import os
import subprocess
import sys
import tempfile
from pathlib import Path

from jobs.infra import embedded


def main() -> int:
    with tempfile.TemporaryDirectory(prefix="conveyor-") as folder:
        Path(folder).chmod(0o755)
        with embedded.postgres(Path(folder) / "pg") as database, embedded.valkey(Path(folder) / "valkey") as redis_url:
            return subprocess.call(sys.argv[1:], env=os.environ | {"DATABASE_URL": database, "REDIS_URL": redis_url})


if __name__ == "__main__":
    sys.exit(main())
