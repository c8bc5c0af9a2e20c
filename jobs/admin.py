"""The admins' view: jobs, dead letters, task results, tenants, keys. What changes something calls the same services as the API.

Django's permissions say who opens a list; the role under /ops/ says who sees what jobs carry, who acts and who deletes.
"""

import json
from collections.abc import Callable, Iterable
from typing import Any

from django import forms
from django.contrib import admin, messages
from django.db.models import Model, QuerySet
from django.http import HttpRequest
from django.utils.html import format_html
from django_celery_results.models import GroupResult, TaskResult
from unfold.admin import ModelAdmin, TabularInline
from unfold.widgets import UnfoldAdminCheckboxSelectMultipleWidget

from jobs.core.errors import ConveyorError
from jobs.core.roles import Role
from jobs.models import AlertRule, ApiKey, Attempt, Bulk, DeadLetter, Delivery, DeliveryAttempt, Job, Limit, Pause, Tenant, Webhook
from jobs.models.tenant import Scope
from jobs.queries.roles import has
from jobs.services import breakers, dead_letters, limits, pauses, steering, tenants

admin.site.unregister([TaskResult, GroupResult])


class ReadOnly(ModelAdmin):
    """Rows that the platform writes and people look at."""

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def each(self, request: HttpRequest, rows: Iterable[Model], act: Callable[[Any], object], done: str) -> None:
        """Do it to each row; one that refuses says why, and the others go on."""
        count = 0
        for row in rows:
            try:
                act(row)
            except ConveyorError as error:
                self.message_user(request, f"{row}: {error}", messages.WARNING)
            else:
                count += 1
        if count:
            self.message_user(request, f"{count} {done}")


class Carrying(ReadOnly):
    """Rows with what jobs carry (`carried`, `searched`): to be seen, sought and acted on by operators, deleted by admins."""

    carried: tuple[str, ...] = ()
    searched: tuple[str, ...] = ()

    def get_fields(self, request: HttpRequest, obj: Any = None) -> list[Any]:
        hidden = () if has(request.user, Role.OPERATOR) else self.carried
        return [name for name in super().get_fields(request, obj) if name not in hidden]

    def get_search_fields(self, request: HttpRequest) -> list[str]:
        return [*super().get_search_fields(request), *(self.searched if has(request.user, Role.OPERATOR) else ())]

    def get_actions(self, request: HttpRequest) -> dict[str, Any]:
        return super().get_actions(request) if has(request.user, Role.OPERATOR) else {}

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return has(request.user, Role.ADMIN) and super().has_delete_permission(request, obj)


def pretty(value: Any) -> str:
    return format_html("<pre>{}</pre>", json.dumps(value, indent=2, ensure_ascii=False)) if value is not None else "-"


class ReadOnlyInline(TabularInline):
    """Such rows, below the one that they belong to."""

    extra = 0
    can_delete = False

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


class AttemptInline(ReadOnlyInline):
    model = Attempt
    fields = readonly_fields = ("number", "state", "worker", "started_at", "finished_at", "error")


@admin.register(Job)
class JobAdmin(Carrying):
    list_display = ("id", "type", "state", "queue", "priority", "attempt", "submitted_at", "finished_at")
    list_filter = ("state", "queue", "type", "tenant", "plain")
    search_fields = ("type",)
    carried = ("payload", "result", "progress", "key")
    searched = ("key", "payload__icontains")
    list_select_related = ("tenant",)
    show_full_result_count = False
    date_hierarchy = "submitted_at"
    inlines = (AttemptInline,)
    actions = ("cancel", "retry")

    def get_search_fields(self, request: HttpRequest) -> list[str]:
        # An id is a UUID; comparing it with any other word is an error in PostgreSQL.
        text = request.GET.get("q", "").strip()
        return ["id__exact"] if _is_uuid(text) else super().get_search_fields(request)

    @admin.action(description="Cancel the chosen jobs")
    def cancel(self, request: HttpRequest, jobs: QuerySet[Job]) -> None:
        self.each(request, jobs.select_related("tenant"), steering.cancel_job, "asked to stop.")

    @admin.action(description="Retry the chosen jobs as new ones")
    def retry(self, request: HttpRequest, jobs: QuerySet[Job]) -> None:
        def again(job: Job) -> None:
            steering.retry_job(job, submitted_by=request.user)

        self.each(request, jobs.select_related("tenant"), again, "submitted again.")


def _is_uuid(text: str) -> bool:
    return len(text) == 36 and text.count("-") == 4 and all(c in "0123456789abcdefABCDEF-" for c in text)


@admin.register(DeadLetter)
class DeadLetterAdmin(Carrying):
    list_display = ("id", "type", "reason", "what_failed", "queue", "died_at", "replayed_at")
    list_display_links = ("id", "type")
    list_filter = ("reason", "queue", "type", "tenant")
    search_fields = ("type", "error__icontains")
    carried = ("data", "original")
    searched = ("payload__icontains",)
    list_select_related = ("tenant", "job")
    fields = ("type", "queue", "reason", "tenant", "job", "died_at", "what_failed", "data", "told_history", "original")
    readonly_fields = ("what_failed", "data", "told_history", "original")
    actions = ("replay",)

    @admin.display(description="error")
    def what_failed(self, letter: DeadLetter) -> str:
        return str((letter.error or {}).get("message", ""))[:200]

    @admin.display(description="payload")
    def data(self, letter: DeadLetter) -> str:
        return pretty(letter.payload)

    @admin.display(description="attempts")
    def told_history(self, letter: DeadLetter) -> str:
        return pretty(letter.history)

    @admin.display(description="message")
    def original(self, letter: DeadLetter) -> str:
        return pretty(letter.message)

    @admin.action(description="Replay the chosen letters as new jobs")
    def replay(self, request: HttpRequest, letters: QuerySet[DeadLetter]) -> None:
        def again(letter: DeadLetter) -> None:
            dead_letters.replay(letter, submitted_by=request.user)

        self.each(request, letters, again, "submitted again.")


@admin.register(Bulk)
class BulkAdmin(ReadOnly):
    list_display = ("id", "act", "q", "state", "total", "done", "refused", "by", "created_at")
    list_filter = ("act", "state", "tenant")
    search_fields = ("q", "by")

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        # It is the record of what was done.
        return False


@admin.register(AlertRule)
class AlertRuleAdmin(ModelAdmin):
    list_display = ("name", "kind", "threshold", "queue", "enabled", "silenced_until")
    list_filter = ("kind", "enabled")
    search_fields = ("name",)
    readonly_fields = ("silenced_by",)


@admin.register(TaskResult)
class TaskResultAdmin(Carrying):
    list_display = ("task_id", "task_name", "status", "worker", "date_done")
    list_filter = ("status", "task_name")
    search_fields = ("task_id", "task_name")
    carried = ("result", "task_args", "task_kwargs", "meta")
    show_full_result_count = False


@admin.register(Tenant)
class TenantAdmin(ModelAdmin):
    list_display = ("name", "slug", "weight", "created_at")

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        # It would take every job and key of the tenant along.
        return False


class LimitForm(forms.ModelForm):  # type: ignore[type-arg]
    def clean(self) -> dict[str, Any]:
        values = {**(super().clean() or {})}
        if not self.errors:
            try:
                limits.check(values.get("name") or self.instance.name, values)
            except ConveyorError as error:
                raise forms.ValidationError(error.detail) from error
        return values


@admin.register(Limit)
class LimitAdmin(ModelAdmin):
    form = LimitForm
    list_display = ("name", "concurrent", "rate", "per", "by", "when_full", "type", "tenant", "set_by", "set_at")
    fields = ("name", *limits.FIELDS)
    search_fields = ("name", "type", "tenant")

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> tuple[str, ...]:
        # Another name is another limit.
        return ("name",) if obj else ()

    def save_model(self, request: HttpRequest, obj: Limit, form: Any, change: bool) -> None:
        made = limits.set_limit(obj.name, {name: getattr(obj, name) for name in limits.FIELDS}, request.user.get_username())
        obj.pk = made.pk

    def delete_model(self, request: HttpRequest, obj: Limit) -> None:
        limits.remove(obj.name, request.user.get_username())

    def delete_queryset(self, request: HttpRequest, queryset: QuerySet[Limit]) -> None:
        for limit in queryset:
            self.delete_model(request, limit)


@admin.register(Pause)
class PauseAdmin(ReadOnly):
    list_display = ("kind", "name", "by", "why", "at")
    list_filter = ("kind",)
    actions = ("resume",)

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    @admin.action(description="Let the chosen go on")
    def resume(self, request: HttpRequest, rows: QuerySet[Pause]) -> None:
        def go_on(row: Pause) -> None:
            by = request.user.get_username()
            breakers.close_by_hand(row.name, by) if row.kind == Pause.Kind.BREAKER else pauses.resume(row.kind, row.name, by)

        self.each(request, rows, go_on, "resumed.")


class ApiKeyForm(forms.ModelForm):  # type: ignore[type-arg]
    scopes = forms.MultipleChoiceField(choices=Scope.choices, widget=UnfoldAdminCheckboxSelectMultipleWidget)

    class Meta:
        model = ApiKey
        fields = ("tenant", "name", "scopes", "expires_at")


@admin.register(ApiKey)
class ApiKeyAdmin(ModelAdmin):
    form = ApiKeyForm
    list_display = ("name", "tenant", "prefix", "scopes", "expires_at", "last_used_at", "revoked_at")
    list_filter = ("tenant",)
    actions = ("revoke",)

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        # A key is revoked, so that who used it stays known.
        return False

    @admin.action(description="Revoke the chosen keys")
    def revoke(self, request: HttpRequest, keys: QuerySet[ApiKey]) -> None:
        self.message_user(request, f"{tenants.revoke(keys)} revoked.")

    def save_model(self, request: HttpRequest, obj: ApiKey, form: Any, change: bool) -> None:
        if change:
            super().save_model(request, obj, form, change)
            return
        made, secret = tenants.create_key(obj.tenant, obj.name, obj.scopes, obj.expires_at)
        obj.pk = made.pk
        self.message_user(request, f"The key is {secret} - it is shown this once.", messages.WARNING)


@admin.register(Webhook)
class WebhookAdmin(ReadOnly):
    list_display = ("url", "tenant", "state", "patterns", "ordered", "callback", "failures", "succeeded_at")
    list_filter = ("state", "callback", "tenant")
    search_fields = ("url", "description")
    list_select_related = ("tenant",)


class DeliveryAttemptInline(ReadOnlyInline):
    model = DeliveryAttempt
    fields = readonly_fields = ("at", "milliseconds", "status", "error", "url", "response_body")

    def get_fields(self, request: HttpRequest, obj: Any = None) -> list[Any]:
        return [*self.fields] if has(request.user, Role.OPERATOR) else [name for name in self.fields if name != "response_body"]


@admin.register(Delivery)
class DeliveryAdmin(Carrying):
    list_display = ("id", "name", "subject", "webhook", "state", "tries", "created_at", "finished_at")
    list_filter = ("state", "name", "webhook__tenant")
    search_fields = ("subject", "event")
    carried = ("body",)
    list_select_related = ("webhook",)
    show_full_result_count = False
    inlines = (DeliveryAttemptInline,)
