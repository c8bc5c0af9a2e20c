"""The settings of a test run; loaded as a pytest plugin before Django reads them. Servers replace the two URLs."""

import os

os.environ["CONVEYOR_ENV"] = "test"
os.environ.setdefault("DATABASE_URL", "postgresql://nobody@127.0.0.1:1/none")
os.environ.setdefault("REDIS_URL", "redis://127.0.0.1:1/0")
