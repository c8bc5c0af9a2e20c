"""`manage.py limits list|set|remove`."""

from datetime import timedelta
from typing import Any

from rich.console import Group
from rich.table import Table

from jobs.core.gates import Full
from jobs.management.steered import Steered
from jobs.queries import standing
from jobs.services import limits


class Command(Steered):
    help = "Look at the limits in force; set and remove them, at once and in the whole cluster."
    looks_like = "Declared and set, with who has a place and who waits; and jobs whose type no worker that is there knows."
    width = 140

    def add_verbs(self, verbs: Any) -> None:
        verbs.add_parser("remove", help="A declared limit of that name counts again.").add_argument("name")
        set = verbs.add_parser("set", help="All of the limit; what is not given is as if it had never been.")
        set.add_argument("name", help="A declared limit's name, to replace its numbers, or a new one.")
        set.add_argument("--concurrent", type=int, help="At most so many at once.")
        set.add_argument("--rate", type=int, help="At most so many starts per period.")
        set.add_argument("--per", type=float, default=1.0, help="The period of the rate in seconds.")
        set.add_argument("--burst", type=int)
        set.add_argument("--by", default="type", help="type, tenant, queue, or data.<path>: a limit for each value.")
        set.add_argument("--when-full", default="wait", choices=list(Full))
        for selector in ("type", "tenant", "queue", "tag"):
            set.add_argument(f"--{selector}", default="", help="Only these jobs.")

    def act(self, verb: str, by: str, options: dict[str, Any]) -> None:
        if verb == "set":
            values = {field: options[field] for field in limits.FIELDS}
            limits.set_limit(options["name"], {**values, "per": timedelta(seconds=options["per"])}, by)
        else:
            limits.remove(options["name"], by)

    def picture(self) -> Group:
        table = Table("limit", "kind", "allows", "when full", "have a place", "wait", "set by")
        for view in standing.limits():
            table.add_row(view.name, view.kind, view.words, view.rule.full, str(view.held), str(view.line), view.rule.set_by)
        unknown = standing.unknown_types().items()
        return Group(
            table,
            *(f"{standing.jobs(count, 'waits', 'wait')} for the type {type}: no worker that is there knows it." for type, count in unknown),
        )
