"""How somebody wants to have their cart: kept in the session, the same for every try."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.http import HttpRequest

from jobs.services import tenants
from stock import checkout
from stock.queries import ways as queries
from stock.queries.ways import ANYWHERE, Way
from stock.services.allocation import Rule


@dataclass(frozen=True, slots=True)
class Choice:
    """`elsewhere`: what is not where it is to be collected may come from another place."""

    way: Way
    elsewhere: bool = False

    @property
    def name(self) -> str:
        """Told apart from other choices: the same cart, had otherwise, is another request."""
        return f"{self.way.value}{'+' if self.elsewhere else ''}"

    @property
    def rule(self) -> Rule:
        return Rule.SPLIT if self.elsewhere and self.way.rule == Rule.THERE else self.way.rule

    def lines(self, wanted: Mapping[str, int]) -> list[checkout.Line]:
        return [checkout.Line(sku=sku, quantity=units, location=self.way.location) for sku, units in sorted(wanted.items())]


def of(request: HttpRequest, lines: Mapping[str, int]) -> list[Way]:
    return queries.of(tenants.of_user(request.user), lines)


def choose(request: HttpRequest, lines: Mapping[str, int]) -> Choice | None:
    """What the form says, or what was said before; None where that way is gone."""
    if "way" in request.POST:
        request.session["way"] = {"value": request.POST["way"][:30], "elsewhere": "elsewhere" in request.POST}
    said = chosen(request)
    found = next((way for way in of(request, lines) if way.value == said["value"]), None)
    return Choice(found, said["elsewhere"]) if found else None


def chosen(request: HttpRequest) -> dict[str, Any]:
    return dict(request.session.get("way", {"value": ANYWHERE, "elsewhere": False}))


def words(request: HttpRequest, lines: Mapping[str, int]) -> dict[str, Any]:
    """For the part of a page that lets choose: a way that is gone is chosen no more."""
    ways, said = of(request, lines), chosen(request)
    value = said["value"] if any(way.value == said["value"] for way in ways) else ANYWHERE
    return {"ways": ways, "way": value, "elsewhere": said["elsewhere"], "collects": any(way.rule == Rule.THERE for way in ways)}
