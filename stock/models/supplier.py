"""Who delivers."""

from django.db import models


class Supplier(models.Model):
    tenant = models.ForeignKey("jobs.Tenant", on_delete=models.CASCADE, related_name="+")
    name = models.CharField(max_length=120)
    email = models.EmailField(blank=True)

    class Meta:
        ordering = ["name"]
        constraints = [models.UniqueConstraint(fields=["tenant", "name"], name="one_supplier_per_name")]

    def __str__(self) -> str:
        return self.name
