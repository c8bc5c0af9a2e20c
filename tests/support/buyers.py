"""Buyers in browsers, and shows for them to buy."""

import re
import uuid
from email import message_from_bytes
from email.message import Message

from playwright.sync_api import Browser, Page

from tests.support.dev import Dev, until
from tests.support.signing_in import sign_in_as

PASSWORD = "a long pass phrase"
READY = "html[data-seats=ready]"


def buyer(site: Dev, browser: Browser, *, scripts: bool = True, **context: object) -> Page:
    """A page of someone new, who is signed in."""
    name = f"buyer-{uuid.uuid4().hex[:8]}"
    make = f"from django.contrib.auth.models import User; User.objects.create_user({name!r}, {name + '@example.com'!r}, {PASSWORD!r})"
    site.manage("shell", "--no-imports", "-c", make)
    page = guest(site, browser, java_script_enabled=scripts, **context)
    sign_in_as(page, name, PASSWORD, "/shows/bookings/")
    return page


def show(site: Dev, *, seats: int = 200, hold_for: float = 600, opens_in: float = -3600) -> int:
    """A show of its own, so that no test sells another's seats."""
    told = [f"--seats={seats}", f"--hold-for={hold_for}", f"--opens-in={opens_in}"]
    return int(site.manage("sample_show", f"Show {uuid.uuid4().hex[:8]}", *told))


def open_map(page: Page, show_id: int) -> None:
    page.goto(f"/shows/{show_id}/")
    page.wait_for_selector(READY)


def press_seat(page: Page, number: int) -> None:
    """A click where the seat is drawn."""
    box = page.locator(f"#s{number}").bounding_box()
    assert box
    page.mouse.click(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)


def guest(site: Dev, browser: Browser, **context: object) -> Page:
    """A page of someone new, without an account. Unless asked, maps do not glide: what is pressed stays where it was seen."""
    return browser.new_context(base_url=site.url, **{"reduced_motion": "reduce"} | context).new_page()  # type: ignore[arg-type]


def link_for(site: Dev, address: str, kind: str) -> str:
    """The way that the mail to this address tells: `b` to a booking, `w` to a place on a waiting list. Waits for the mail."""
    found: list[str] = []

    def came() -> bool:
        mails = [message_from_bytes(file.read_bytes()) for file in (site.folder / ".data" / "mail").glob("*.log")]
        texts = [_text_of(mail) for mail in mails if mail["To"] == address]
        found.extend(link for text in texts for link in re.findall(rf"https?://[^/\s]+(/shows/{kind}/\S+)", text))
        return bool(found)

    until(came)
    return found[-1]


def _text_of(mail: Message) -> str:
    part = next(one for one in mail.walk() if one.get_content_type() == "text/plain")
    return bytes(part.get_payload(decode=True)).decode()


def run(site: Dev, show_id: int, code: str) -> None:
    """Something that no page does, to a show."""
    head = "from datetime import timedelta; from django.utils import timezone; from reservations.models import Show, ShowSeat\n"
    head += f"from reservations.services import releasing; show = Show.objects.get(pk={show_id}); now = timezone.now()\n"
    site.manage("shell", "--no-imports", "-c", head + code)
