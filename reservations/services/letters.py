"""Mails to buyers, each once for what it is about."""

from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import sha256
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.core.mail import EmailMessage
from django.db import transaction
from django.template.loader import render_to_string
from django.utils import timezone

from reservations.models import Booking, Letter

Enclosure = tuple[str, bytes, str]


@dataclass(frozen=True, slots=True)
class Draft:
    """`reference` says what about: a second mail with it is not sent. `template` is text; its first line is the subject."""

    reference: str
    to: str
    template: str
    words: dict[str, Any]
    enclosures: Sequence[Enclosure] = ()
    booking: Booking | None = None


def send(draft: Draft) -> bool:
    """Send it unless it was sent; answers whether it was sent now. Raises what the mail server says (OSError, SMTPException).

    The row is locked meanwhile, so that of two attempts one waits and finds it done. A process that dies between the server's
    answer and the commit sends it again, with the same Message-ID.
    """
    subject, _, text = render_to_string(draft.template, draft.words | {"site": settings.SITE_URL}).strip().partition("\n")
    Letter.objects.get_or_create(reference=draft.reference, defaults={"to": draft.to, "subject": subject[:200], "booking": draft.booking})
    with transaction.atomic():
        letter = Letter.objects.select_for_update().get(reference=draft.reference)
        if letter.sent_at:
            return False
        _message(draft, subject, text.strip()).send()
        letter.sent_at = timezone.now()
        letter.save(update_fields=["sent_at"])
    return True


def _message(draft: Draft, subject: str, text: str) -> EmailMessage:
    number = sha256(draft.reference.encode()).hexdigest()[:32]
    domain = urlsplit(settings.SITE_URL).hostname or "localhost"
    message = EmailMessage(subject, text + "\n", to=[draft.to], headers={"Message-ID": f"<{number}@{domain}>"})
    for name, content, kind in draft.enclosures:
        message.attach(name, content, kind)
    return message
