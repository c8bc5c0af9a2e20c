"""The tables: constraints and named queries. Who writes a job row after submission: services.lifecycle, nobody else."""

from jobs.models.alert import Alert, AlertRule
from jobs.models.bulk import Bulk
from jobs.models.dead_letter import DeadLetter
from jobs.models.event import Event, Projection
from jobs.models.failure import Failure
from jobs.models.gate import Limit, Pause, Threshold
from jobs.models.job import Attempt, Job
from jobs.models.outgoing import Outgoing, Subscriber
from jobs.models.sample import Sample
from jobs.models.saved_view import SavedView
from jobs.models.seal import Seal
from jobs.models.tally import Tally
from jobs.models.tenant import ApiKey, Tenant
from jobs.models.webhook import Callback, Delivery, DeliveryAttempt, Webhook, WebhookSecret

__all__ = [
    "Alert",
    "AlertRule",
    "ApiKey",
    "Attempt",
    "Bulk",
    "Callback",
    "DeadLetter",
    "Delivery",
    "DeliveryAttempt",
    "Event",
    "Failure",
    "Job",
    "Limit",
    "Outgoing",
    "Pause",
    "Projection",
    "Sample",
    "SavedView",
    "Seal",
    "Subscriber",
    "Tally",
    "Tenant",
    "Threshold",
    "Webhook",
    "WebhookSecret",
]
