"""The frame of commands that steer something: a verb is done in the name of who runs it, and how everything stands is shown."""

import getpass
from argparse import ArgumentParser
from typing import IO, Any, cast

from django.core.management.base import BaseCommand, CommandError
from rich.console import Console, RenderableType

from jobs.core.errors import ConveyorError


class Steered(BaseCommand):
    """`manage.py NAME list|...`. A command says its verbs, what each does, and how it looks."""

    looks_like = ""
    width = 120

    def add_arguments(self, parser: ArgumentParser) -> None:
        verbs = parser.add_subparsers(dest="verb", required=True, parser_class=ArgumentParser)
        verbs.add_parser("list", help=self.looks_like)
        self.add_verbs(verbs)

    def handle(self, *args: Any, verb: str, **options: Any) -> None:
        try:
            if verb != "list":
                self.act(verb, getpass.getuser(), options)
        except ConveyorError as error:
            raise CommandError("; ".join([error.detail, *(f"{n}: {text}" for n, text in getattr(error, "fields", {}).items())])) from error
        Console(file=cast(IO[str], self.stdout), width=self.width).print(self.picture())

    def add_verbs(self, verbs: Any) -> None:
        """Add a parser for each verb but `list`."""
        raise NotImplementedError

    def act(self, verb: str, by: str, options: dict[str, Any]) -> None:
        """Do it; raises ConveyorError."""
        raise NotImplementedError

    def picture(self) -> RenderableType:
        """How everything stands."""
        raise NotImplementedError
