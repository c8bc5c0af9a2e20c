"""What the site's menu and home page lead to: each app says it in its AppConfig, so the platform knows none of them."""

from dataclasses import dataclass
from typing import Any

from django.apps import apps
from django.http import HttpRequest


@dataclass(frozen=True, slots=True)
class Link:
    """A page worth finding. `view` is a name that reverse() knows."""

    view: str
    title: str
    text: str


def of_all_apps() -> list[Link]:
    return [link for app in apps.get_app_configs() for link in getattr(app, "site_links", ())]


def menu(request: HttpRequest) -> dict[str, Any]:
    """A context processor: `site_links` in every template."""
    return {"site_links": of_all_apps()}
