"""Settings that production refuses. What a running bin/dev has written does not count here."""

from typing import Any

import pytest
from pydantic import ValidationError

from config.env import Env

SAFE = {
    "CONVEYOR_ENV": "production",
    "SECRET_KEY": "k" * 50,
    "ALLOWED_HOSTS": "shop.example.com",
    "DATABASE_URL": "postgresql://conveyor:secret@db/conveyor",
    "REDIS_URL": "rediss://:secret@redis/0",
    "FLOWER_BASIC_AUTH": "operator:secret",
}


def test_production_starts_with_safe_settings() -> None:
    assert Env(_env_file=None, **SAFE).hosts == ["shop.example.com"]  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("SECRET_KEY", ""),
        ("SECRET_KEY", "short"),
        ("DEBUG", True),
        ("ALLOWED_HOSTS", ""),
        ("ALLOWED_HOSTS", "shop.example.com,*"),
        ("FLOWER_BASIC_AUTH", ""),
        ("DATABASE_URL", ""),
        ("DATABASE_URL", "sqlite:///db"),
        ("REDIS_URL", ""),
        ("REDIS_URL", "amqp://localhost"),
        ("REDIS_URL", "rediss://redis/0?ssl_cert_reqs=none"),
        ("REDIS_URL", "sentinel://one:26379"),
        ("REDIS_CA_FILE", "/nowhere/ca.pem"),
        ("REDIS_CERT_FILE", __file__),
    ],
)
def test_production_refuses_an_unsafe_setting_and_names_it(name: str, value: Any) -> None:
    with pytest.raises(ValidationError, match=name):
        Env(_env_file=None, **{**SAFE, name: value})
