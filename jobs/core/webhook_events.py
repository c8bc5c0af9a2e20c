"""The events of webhooks themselves."""

from pydantic import BaseModel

from jobs.core.event_type import EventType, event_types


class WebhookChanged(BaseModel):
    """What happened to an endpoint: its id is the subject."""

    url: str
    why: str = ""


class WebhookTest(BaseModel):
    """Sent to one endpoint alone, at somebody's wish."""

    message: str = "This is a test."


DISABLED, PAUSED, RESUMED, TEST = "webhook.disabled", "webhook.paused", "webhook.resumed", "webhook.test"

event_types.add(EventType(DISABLED, WebhookChanged, "An endpoint was switched off: it is gone, or has failed for too long."))
event_types.add(EventType(PAUSED, WebhookChanged, "Somebody paused an endpoint."))
event_types.add(EventType(RESUMED, WebhookChanged, "An endpoint is active again."))
event_types.add(EventType(TEST, WebhookTest, "Somebody tries an endpoint; it is not in the journal."))
