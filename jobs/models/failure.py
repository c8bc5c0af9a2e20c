"""Failures that are one and the same (core.fingerprint), counted by the recorder."""

from datetime import timedelta

from django.db import models
from django.utils import timezone

from jobs.models.job import Job


class Failure(models.Model):
    """`resolved_at` is emptied when it is seen again, which is a regression."""

    NEW = timedelta(days=1)

    id = models.CharField(max_length=16, primary_key=True)
    type = models.CharField(max_length=200)
    error = models.CharField(max_length=200, help_text="The exception.")
    where = models.CharField(max_length=200)
    message = models.TextField(default="", help_text="Of the last time.")
    first_seen = models.DateTimeField()
    last_seen = models.DateTimeField()
    attempts = models.BigIntegerField(default=0, help_text="How many attempts failed so.")
    dead = models.BigIntegerField(default=0, help_text="How many jobs died of it.")
    sample = models.UUIDField(help_text="The job that failed so last.")
    resolved_at = models.DateTimeField(null=True)
    resolved_by = models.CharField(max_length=150, default="", blank=True)
    regressed_at = models.DateTimeField(null=True)
    canary = models.ForeignKey(Job, null=True, on_delete=models.SET_NULL, related_name="+", help_text="The one that was tried again first.")

    class Meta:
        ordering = ["-last_seen"]
        indexes = [models.Index(fields=["-last_seen"], name="failures_by_last_seen")]

    def __str__(self) -> str:
        return f"{self.error} in {self.type}"

    @property
    def state(self) -> str:
        """`resolved`, `regressed`, `new` for a day, then `known`."""
        if self.resolved_at:
            return "resolved"
        if self.regressed_at:
            return "regressed"
        return "new" if self.first_seen > timezone.now() - self.NEW else "known"
