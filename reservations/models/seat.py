"""What a seat map is made of. Who sits beside whom is decided by positions (reservations.core.geometry), never by printed labels."""

from django.db import models
from django.db.models import Q

from reservations.core.seat import Kind
from reservations.models.venue import SeatMap


class Section(models.Model):
    map = models.ForeignKey(SeatMap, on_delete=models.CASCADE, related_name="sections")
    name = models.CharField(max_length=80)
    number = models.PositiveIntegerField(help_text="The order in lists.")

    class Meta:
        ordering = ["map", "number"]
        constraints = [models.UniqueConstraint(fields=["map", "name"], name="one_section_per_name")]

    def __str__(self) -> str:
        return self.name


class Row(models.Model):
    section = models.ForeignKey(Section, on_delete=models.CASCADE, related_name="rows")
    label = models.CharField(max_length=20)
    rank = models.PositiveIntegerField(help_text="0 is nearest to the stage.")

    class Meta:
        ordering = ["section", "rank"]
        constraints = [models.UniqueConstraint(fields=["section", "rank"], name="one_row_per_rank")]

    def __str__(self) -> str:
        return self.label


class Block(models.Model):
    """Seats of a row with no aisle between them. `ring`: a table; the last seat is beside the first."""

    row = models.ForeignKey(Row, on_delete=models.CASCADE, related_name="blocks")
    number = models.PositiveIntegerField()
    ring = models.BooleanField(default=False)

    class Meta:
        ordering = ["row", "number"]
        constraints = [models.UniqueConstraint(fields=["row", "number"], name="one_block_per_number")]

    def __str__(self) -> str:
        return f"{self.row_id}/{self.number}"


class Seat(models.Model):
    """`place` counts within the block: neighbours are one apart."""

    map = models.ForeignKey(SeatMap, on_delete=models.CASCADE, related_name="seats")
    block = models.ForeignKey(Block, on_delete=models.CASCADE, related_name="seats")
    place = models.PositiveIntegerField()
    label = models.CharField(max_length=20)
    x = models.FloatField()
    y = models.FloatField()
    kind = models.CharField(max_length=12, choices=[(k.value, k.label) for k in Kind], default=Kind.NORMAL)
    penalty = models.PositiveIntegerField(
        help_text="How much worse than the best seat: the distance to the stage, more for a restricted view."
    )

    class Meta:
        ordering = ["block", "place"]
        constraints = [
            models.UniqueConstraint(fields=["block", "place"], name="one_seat_per_place"),
            models.UniqueConstraint(fields=["map", "x", "y"], name="one_seat_per_position"),
            models.CheckConstraint(condition=Q(kind__in=[k.value for k in Kind]), name="kind_is_a_kind"),
        ]

    def __str__(self) -> str:
        return self.label


class Area(models.Model):
    """Room to stand. A show makes `capacity` places of it, which are held and booked like seats; only they have no position."""

    map = models.ForeignKey(SeatMap, on_delete=models.CASCADE, related_name="areas")
    name = models.CharField(max_length=80)
    capacity = models.PositiveIntegerField()
    x = models.FloatField()
    y = models.FloatField()
    width = models.FloatField()
    height = models.FloatField()

    class Meta:
        ordering = ["map", "name"]
        constraints = [
            models.UniqueConstraint(fields=["map", "name"], name="one_area_per_name"),
            models.CheckConstraint(condition=Q(capacity__range=(1, 20_000)), name="an_area_has_room"),
        ]

    def __str__(self) -> str:
        return self.name
