"""The chain that makes the archive of events tamper-evident: each batch of the recorder's is sealed upon the one before."""

from django.contrib.postgres.fields import ArrayField
from django.db import models


class Seal(models.Model):
    """One link: the places and digests of its events, and a digest of these with the link before.

    `digests` is SHA-256 of each event (the database's function `jobs_event_digest`), 32 bytes each, in the order of `positions`;
    `digest` is SHA-256 of `previous`, the positions joined by commas, and the digests. Written with the events, in one statement.
    """

    id = models.BigAutoField(primary_key=True)
    first = models.CharField(max_length=40)
    last = models.CharField(max_length=40, db_index=True)
    positions = ArrayField(models.CharField(max_length=40))
    digests = models.BinaryField()
    previous = models.BinaryField(help_text="The digest of the link before; empty in the very first.")
    digest = models.BinaryField()
    at = models.DateTimeField()

    class Meta:
        ordering = ["id"]

    def __str__(self) -> str:
        return f"seal {self.pk}: {len(self.positions)} events to {self.last}"
