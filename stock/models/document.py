"""A file that a job has made: an export, a report."""

import uuid

from django.db import models
from django.utils import timezone

from stock.models.upload import storage


class Document(models.Model):
    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    tenant = models.ForeignKey("jobs.Tenant", on_delete=models.CASCADE, related_name="+")
    reference = models.CharField(max_length=120, help_text="The job that made it.")
    name = models.CharField(max_length=120)
    file = models.FileField(storage=storage, upload_to="made/%Y/%m")
    for_managers = models.BooleanField(default=False, help_text="It tells what things cost.")
    summary = models.JSONField(default=dict)
    made_at = models.DateTimeField(default=timezone.now, editable=False)

    class Meta:
        ordering = ["-made_at"]
        constraints = [models.UniqueConstraint(fields=["tenant", "reference"], name="one_document_per_job")]

    def __str__(self) -> str:
        return self.name
