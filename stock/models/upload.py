"""A price list as it was uploaded, and what is wrong with its lines."""

import uuid

from django.conf import settings
from django.core.files.storage import FileSystemStorage
from django.db import models
from django.utils import timezone


def storage() -> FileSystemStorage:
    return FileSystemStorage(location=settings.UPLOAD_DIR)


class Upload(models.Model):
    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    tenant = models.ForeignKey("jobs.Tenant", on_delete=models.CASCADE, related_name="+")
    file = models.FileField(storage=storage, upload_to="%Y/%m")
    name = models.CharField(max_length=200)
    uploaded_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+")
    taken_to = models.IntegerField(default=0, editable=False, help_text="The last line whose quantity is in the books.")
    uploaded_at = models.DateTimeField(default=timezone.now, editable=False)

    def __str__(self) -> str:
        return self.name


class Problem(models.Model):
    """One line that was not taken, and why."""

    upload = models.ForeignKey(Upload, on_delete=models.CASCADE, related_name="problems")
    line = models.IntegerField()
    field = models.CharField(max_length=40, blank=True)
    message = models.CharField(max_length=300)

    class Meta:
        ordering = ["line"]
        constraints = [models.UniqueConstraint(fields=["upload", "line"], name="one_problem_per_line")]

    def __str__(self) -> str:
        return f"line {self.line}: {self.message}"
