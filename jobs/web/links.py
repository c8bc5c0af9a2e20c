"""What the site's menu and home page lead to: each app says it in its AppConfig, so the platform knows none of them."""

from dataclasses import dataclass
from typing import Any

from django.apps import apps
from django.http import HttpRequest


@dataclass(frozen=True, slots=True)
class Link:
    """A page worth finding. `view` is a name that reverse() knows. `groups`: who is in one of them sees it; empty: everybody.

    `public`: in the menu of who is not signed in, too.
    """

    view: str
    title: str
    text: str
    groups: frozenset[str] = frozenset()
    public: bool = False


def of_all_apps() -> list[Link]:
    return [link for app in apps.get_app_configs() for link in getattr(app, "site_links", ())]


def menu(request: HttpRequest) -> dict[str, Any]:
    """A context processor: `site_links` in every template, those that this person may follow."""
    return {"site_links": shown_to(getattr(request, "user", None))}


def shown_to(user: Any) -> list[Link]:
    links = of_all_apps()
    if user is None or user.is_superuser:
        return links
    held = set(user.groups.values_list("name", flat=True)) if user.is_authenticated else set()
    return [link for link in links if not link.groups or link.groups & held]
