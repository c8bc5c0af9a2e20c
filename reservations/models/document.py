"""Tickets as they were made, and the keys that they were signed with."""

from django.db import models
from django.db.models import Q
from django.utils import timezone

from reservations.models.booking import Booking


class SigningKey(models.Model):
    """A public key that tickets were signed with. Kept when the secret changes: what was sold stays good."""

    id = models.CharField(primary_key=True, max_length=8)
    public = models.BinaryField(max_length=32)
    made_at = models.DateTimeField(default=timezone.now)

    class Meta:
        ordering = ["made_at"]

    def __str__(self) -> str:
        return self.id


class TicketDocument(models.Model):
    """The tickets of a booking as PDF, once for each of its revisions; an older one is void."""

    booking = models.ForeignKey(Booking, on_delete=models.CASCADE, related_name="documents")
    revision = models.PositiveSmallIntegerField()
    pdf = models.BinaryField()
    made_at = models.DateTimeField(default=timezone.now)

    class Meta:
        ordering = ["booking", "-revision"]
        constraints = [models.UniqueConstraint(fields=["booking", "revision"], name="one_document_per_revision")]

    def __str__(self) -> str:
        return f"tickets of {self.booking_id}, revision {self.revision}"


class Letter(models.Model):
    """A mail to a buyer. `reference` says what about; there is one for each, however often its job runs."""

    booking = models.ForeignKey(Booking, null=True, on_delete=models.CASCADE, related_name="letters")
    reference = models.CharField(max_length=120, unique=True)
    to = models.EmailField(max_length=254)
    subject = models.CharField(max_length=200)
    queued_at = models.DateTimeField(default=timezone.now)
    sent_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["-queued_at"]
        constraints = [models.CheckConstraint(condition=~Q(reference=""), name="a_letter_is_about_something")]

    def __str__(self) -> str:
        return self.reference
