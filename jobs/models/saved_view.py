"""Searches that operators keep."""

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models


class SavedView(models.Model):
    """A search with its columns, by name. `shared`: everybody on the operators' pages sees it."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+")
    name = models.CharField(max_length=60)
    q = models.CharField(max_length=1000, blank=True, default="")
    columns = ArrayField(models.CharField(max_length=20), default=list)
    shared = models.BooleanField(default=False)

    class Meta:
        ordering = ["name"]
        constraints = [models.UniqueConstraint(fields=["user", "name"], name="one_view_of_a_name")]

    def __str__(self) -> str:
        return self.name
