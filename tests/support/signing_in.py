"""Signing in on a running site, in a browser."""

from urllib.parse import quote

from playwright.sync_api import Page

from tests.support.dev import Dev


def sign_in(page: Page, site: Dev, then: str) -> None:
    """As the admin; ends on that page."""
    sign_in_as(page, "admin", site.password, then)


def sign_in_as(page: Page, name: str, password: str, then: str) -> None:
    page.goto(f"/login/?next={quote(then, safe='')}")
    page.get_by_label("Name").fill(name)
    page.get_by_label("Password").fill(password)
    page.get_by_role("button", name="Sign in").click()
    page.wait_for_url(lambda url: url.endswith(then))
