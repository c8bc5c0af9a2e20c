"""The snippets of the guides run as they stand."""

import re
from pathlib import Path

import pytest
from django.test import TestCase

from jobs.core.dependency import dependencies
from jobs.core.event_type import event_types, handlers
from jobs.core.job_type import registry
from jobs.models import Tenant

DOCS = Path(__file__).resolve().parents[2] / "docs"
GUIDES = [page for page in (DOCS.glob("*/*.md")) if "```python\n" in page.read_text()]


def test_every_event_of_stock_is_explained() -> None:
    told = (DOCS / "reference" / "events.md").read_text()
    assert [kind.name for kind in event_types if kind.name.startswith("stock.") and f"| `{kind.name}` |" not in told] == []


@pytest.mark.django_db
@pytest.mark.parametrize("guide", sorted(GUIDES), ids=lambda path: path.stem)
def test_a_guide_runs_from_top_to_bottom(guide: Path) -> None:
    Tenant.objects.get_or_create(slug="default", defaults={"name": "Default"})
    snippets = re.findall(r"^```python\n(.*?)^```", guide.read_text(), re.MULTILINE | re.DOTALL)
    assert snippets
    try:
        with TestCase.captureOnCommitCallbacks():
            exec(compile("\n".join(snippets), str(guide), "exec"), {"__name__": "guide"})
    finally:
        for name in [job_type.name for job_type in registry if job_type.name.startswith("demo.")]:
            registry.remove(name)
        dependencies.pop("smtp", None)
        registry.remove("guide.on_thank")
        handlers.pop("guide.on_thank", None)
        event_types.remove("order.paid")
