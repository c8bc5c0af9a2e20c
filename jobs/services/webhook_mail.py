"""Mail to those who look after a tenant's webhooks."""

from uuid import UUID

from django.conf import settings
from django.contrib.auth import get_user_model
from django.core.mail import send_mail

from jobs.models import Tenant, Webhook
from jobs.models.tenant import DEFAULT_TENANT

TEXT = """Conveyor no longer sends events to this webhook of {tenant}:

  {url}

{why}

What happens meanwhile is kept for {days} days. When the receiver is well again, resume the webhook, and what was kept is sent:

{how}
"""
# People of the site act for its own tenant; others have keys.
ON_A_PAGE = "  {site}/webhooks/{id}/"
WITH_A_KEY = '  curl -X POST -H "Authorization: Bearer $KEY" {site}/api/webhooks/{id}/resume'


def tell_disabled(webhook_id: UUID) -> int:
    """Write that the webhook is disabled; answers to how many. Nobody is told of one that is active again."""
    webhook = Webhook.objects.select_related("tenant").filter(pk=webhook_id, state=Webhook.State.DISABLED).first()
    to = who_cares(webhook.tenant) if webhook else []
    if webhook and to:
        how = ON_A_PAGE if webhook.tenant.slug == DEFAULT_TENANT else WITH_A_KEY
        about = {"tenant": webhook.tenant.name, "url": webhook.url, "why": webhook.why, "days": settings.WEBHOOK_KEEP.days}
        text = TEXT.format(**about, how=how.format(site=settings.SITE_URL, id=webhook.pk))
        send_mail(f"Webhook disabled: {webhook.url}"[:200], text, None, to)
    return len(to)


def who_cares(tenant: Tenant) -> list[str]:
    """The tenant's contact; without one, the admins of the site."""
    if tenant.contact:
        return [tenant.contact]
    admins = get_user_model().objects.filter(is_superuser=True, is_active=True).exclude(email="")
    return list(admins.values_list("email", flat=True))
