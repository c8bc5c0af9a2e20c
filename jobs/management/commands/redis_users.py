"""`manage.py redis_users FILE`: users of Redis with least rights, for this installation."""

import hashlib
import os
import secrets
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from jobs.core.redis_rights import ROLES, acl
from jobs.infra.redis import address


class Command(BaseCommand):
    help = "Write an ACL file with a new password for each role, and show the passwords once."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("file", help="Where to write it; it must not be there yet. Redis reads it by its setting `aclfile`.")

    def handle(self, *args: Any, file: str, **options: Any) -> None:
        passwords = {role: secrets.token_urlsafe(24) for role in ("admin", *ROLES)}
        hashes = {role: hashlib.sha256(password.encode()).hexdigest() for role, password in passwords.items()}
        _write(Path(file), acl(hashes, settings.CONVEYOR_PREFIX, address().database))
        self.stdout.write("The user and password of each role, for its REDIS_URL; they are not kept anywhere:")
        for role, password in passwords.items():
            self.stdout.write(f"{role}:{password}")


def _write(path: Path, text: str) -> None:
    try:
        # Redis runs as another user and must read it; it holds no password, only hashes.
        with open(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o644), "w") as file:
            file.write(text)
    except FileExistsError:
        raise CommandError(f"{path} is there already; its passwords are in use. Name another file.") from None
    except OSError as error:
        raise CommandError(f"{path} can't be written: {error.strerror}.") from None
