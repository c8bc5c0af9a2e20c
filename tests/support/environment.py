"""The settings of a test run; loaded as a pytest plugin before Django reads them. Servers replace the two URLs."""

import os
from urllib.parse import urlsplit

os.environ["CONVEYOR_ENV"] = "test"
os.environ.setdefault("DATABASE_URL", "postgresql://nobody@127.0.0.1:1/none")
os.environ.setdefault("REDIS_URL", "redis://127.0.0.1:1/0")

# Of several pytest processes each has a database of its own: pytest-django names PostgreSQL's, this Redis's.
if process := os.environ.get("PYTEST_XDIST_WORKER"):
    number = 1 + int(process.removeprefix("gw"))
    os.environ["REDIS_URL"] = urlsplit(os.environ["REDIS_URL"])._replace(path=f"/{number}").geturl()
