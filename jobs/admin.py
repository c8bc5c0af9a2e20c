"""The admins' view: jobs, dead letters, tenants, keys."""

from typing import Any

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest
from unfold.admin import ModelAdmin, TabularInline

from jobs.core.errors import ConveyorError
from jobs.models import ApiKey, Attempt, DeadLetter, Job, Tenant
from jobs.services import lifecycle, tenants


class ReadOnly(ModelAdmin):
    """Rows that the platform writes and people look at."""

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


class AttemptInline(TabularInline):
    model = Attempt
    fields = ("number", "state", "worker", "started_at", "finished_at", "error")
    readonly_fields = fields
    extra = 0
    can_delete = False

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


@admin.register(Job)
class JobAdmin(ReadOnly):
    list_display = ("id", "type", "state", "queue", "priority", "attempt", "submitted_at", "finished_at")
    list_filter = ("state", "queue", "type", "tenant")
    search_fields = ("id__exact", "type", "key", "payload__icontains")
    list_select_related = ("tenant",)
    show_full_result_count = False
    inlines = (AttemptInline,)
    actions = ("cancel",)

    @admin.action(description="Cancel the chosen jobs")
    def cancel(self, request: HttpRequest, jobs: QuerySet[Job]) -> None:
        for job in jobs.select_related("tenant"):
            try:
                lifecycle.cancel(job)
            except ConveyorError as error:
                self.message_user(request, f"{job}: {error}", messages.WARNING)
            else:
                self.message_user(request, f"{job}: asked to stop.")


@admin.register(DeadLetter)
class DeadLetterAdmin(ReadOnly):
    list_display = ("type", "reason", "queue", "died_at", "replayed_at")
    list_filter = ("reason", "queue", "type")


@admin.register(Tenant)
class TenantAdmin(ModelAdmin):
    list_display = ("name", "slug", "created_at")


@admin.register(ApiKey)
class ApiKeyAdmin(ModelAdmin):
    list_display = ("name", "tenant", "prefix", "scopes", "last_used_at", "revoked_at")
    fields = ("tenant", "name", "scopes", "expires_at", "revoked_at")

    def save_model(self, request: HttpRequest, obj: ApiKey, form: Any, change: bool) -> None:
        if change:
            super().save_model(request, obj, form, change)
            return
        made, secret = tenants.create_key(obj.tenant, obj.name, obj.scopes)
        ApiKey.objects.filter(pk=made.pk).update(expires_at=obj.expires_at, revoked_at=obj.revoked_at)
        obj.pk = made.pk
        self.message_user(request, f"The key is {secret} - it is shown this once.", messages.WARNING)
