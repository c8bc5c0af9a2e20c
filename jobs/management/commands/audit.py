"""The audit at the command line: look at acts, prove the chain."""

import json
from argparse import ArgumentParser
from typing import IO, Any, cast

from django.core.management.base import BaseCommand, CommandError
from rich.console import Console
from rich.table import Table

from jobs.models import Seal
from jobs.queries import audit as queries
from jobs.services import audit, chain


class Command(BaseCommand):
    help = "Look at who did what, and prove that nothing of it was changed."

    def add_arguments(self, parser: ArgumentParser) -> None:
        verbs = parser.add_subparsers(dest="verb", required=True, parser_class=ArgumentParser)
        acts = verbs.add_parser("list", help="The newest acts.")
        for name in ("actor", "act", "object"):
            acts.add_argument(f"--{name}", default="")
        acts.add_argument("--limit", type=int, default=50)
        acts.add_argument("--json", action="store_true")
        verify = verbs.add_parser("verify", help="Look at every link and every event; exit 1 at a fault.")
        verify.add_argument("--head", default="", help="A head that was noted earlier and must still be in the chain.")
        verbs.add_parser("head", help="The newest link: note it outside of this database, and no later rewriting can hide from verify.")
        verbs.add_parser("accept", help="Believe the chain as it ends now, after a backup was brought back; kept as an act.")

    def handle(self, *args: Any, verb: str, **options: Any) -> None:
        getattr(self, f"_{verb}")(**options)

    def _list(self, actor: str, act: str, object: str, limit: int, **options: Any) -> None:
        found, _ = queries.page(queries.acts(actor=actor, act=act, object=object), "", limit)
        if options["json"]:
            self.stdout.write(json.dumps([{"id": row.position, "at": row.at.isoformat(), **row.data} for row in found]))
            return
        table = Table("when", "who", "did", "to", "detail")
        for row in found:
            detail = ", ".join(f"{name}={value}" for name, value in row.data["detail"].items())
            table.add_row(f"{row.at:%Y-%m-%d %H:%M:%S}", row.data["actor"], row.data["act"], row.data["object"], detail[:200])
        Console(file=cast(IO[str], self.stdout)).print(table if found else "Nothing fits.")

    def _verify(self, head: str, **options: Any) -> None:
        verdict = chain.verify(head)
        for fault in verdict.faults:
            self.stderr.write(str(fault))
        if verdict.faults:
            raise CommandError(f"{len(verdict.faults)} faults in {verdict.events:,} events under {verdict.seals:,} seals.")
        self.stdout.write(f"Whole: {verdict.events:,} events under {verdict.seals:,} seals. Head {verdict.head or 'none yet'}")

    def _head(self, **options: Any) -> None:
        self.stdout.write(chain.head_of(Seal.objects.order_by("-id").first()))

    def _accept(self, **options: Any) -> None:
        self.stdout.write(f"Head {audit.accept() or 'none yet'}")
