"""What people do that Django tells of: signing in and out, and changes in the admin. Each is kept as an act."""

from typing import Any

from django.contrib.admin.models import LogEntry
from django.contrib.auth.signals import user_logged_in, user_logged_out, user_login_failed
from django.db.models.signals import post_save
from django.dispatch import receiver

from jobs.services import audit

VERBS = {1: "admin.add", 2: "admin.change", 3: "admin.delete"}


@receiver(user_logged_in)
def _signed_in(user: Any, **_: Any) -> None:
    audit.record("user.sign_in", f"user:{user.get_username()}", by=user.get_username())


@receiver(user_logged_out)
def _signed_out(user: Any, **_: Any) -> None:
    if user is not None:
        audit.record("user.sign_out", f"user:{user.get_username()}", by=user.get_username())


@receiver(user_login_failed)
def _was_refused(credentials: dict[str, Any], **_: Any) -> None:
    audit.record("user.refused", f"user:{str(credentials.get('username', ''))[:150]}")


@receiver(post_save, sender=LogEntry)
def _changed(instance: LogEntry, **_: Any) -> None:
    kind = instance.content_type.model if instance.content_type else "thing"
    verb, object = VERBS.get(instance.action_flag, "admin.act"), f"{kind}:{instance.object_id}"
    audit.record(verb, object, by=instance.user.get_username(), name=instance.object_repr, what=instance.get_change_message())
