"""Who did what is kept, and whatever is changed, added or taken away afterwards is found."""

from collections.abc import Iterator
from io import StringIO
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.core.management import CommandError, call_command
from django.db import DatabaseError, connection
from django.test import Client
from django.utils import timezone

from jobs.infra import broker, journal, noted_head
from jobs.infra.redis import client
from jobs.models import ApiKey, Event, Seal, Tenant
from jobs.queries import audit as queries
from jobs.services import audit, chain, forgetting, lifecycle, tenants
from jobs.services.chain import Fault


@pytest.fixture
def tenant(transactional_db: None) -> Tenant:
    client().flushdb()
    return Tenant.objects.get_or_create(slug="default", defaults={"name": "Default"})[0]


@pytest.fixture
def archive(tenant: Tenant) -> list[str]:
    """Nine events under three links; answers their places."""
    for batch in range(3):
        for number in range(3):
            journal.append("bell.rung", f"bell:{number}", "default", {"times": batch * 3 + number, "sum": 1e20, "who": "Zoë"})
        lifecycle.record()
    return list(Event.objects.values_list("position", flat=True))


@pytest.fixture
def tampering(archive: list[str]) -> Iterator[Any]:
    """What somebody with the database's password can do: the triggers are off."""
    tables = ("jobs_event", "jobs_seal")

    def run(statement: str, *values: object) -> None:
        with connection.cursor() as cursor:
            cursor.execute(statement, values)

    for table in tables:
        run(f"ALTER TABLE {table} DISABLE TRIGGER USER")
    yield run
    for table in tables:
        run(f"ALTER TABLE {table} ENABLE TRIGGER USER")


def test_an_untouched_archive_is_whole(archive: list[str]) -> None:
    verdict = chain.verify()
    assert (verdict.events, verdict.seals, verdict.faults) == (9, 3, [])


def test_the_database_refuses_to_change_the_archive(archive: list[str]) -> None:
    for act in (Event.objects.all().delete, lambda: Event.objects.update(name="bell.broken"), Seal.objects.all().delete):
        with pytest.raises(DatabaseError, match="only ever added to"):
            act()


def test_a_changed_row_is_named(archive: list[str], tampering: Any) -> None:
    tampering("UPDATE jobs_event SET data = '{\"times\": 99}' WHERE position = %s", archive[4])
    assert chain.verify().faults == [Fault("changed", archive[4])]


def test_a_missing_row_is_named(archive: list[str], tampering: Any) -> None:
    tampering("DELETE FROM jobs_event WHERE position = %s", archive[0])
    assert chain.verify().faults == [Fault("missing", archive[0])]


def test_an_added_row_is_named(archive: list[str], tampering: Any) -> None:
    forged = archive[8][:-1] + "7"
    tampering(
        "INSERT INTO jobs_event (position, name, subject, tenant, data, at) VALUES (%s, 'bell.rung', '', 'default', '{}', now())", forged
    )
    assert chain.verify().faults == [Fault("added", forged)]


def test_a_link_that_is_taken_out_is_missed(archive: list[str], tampering: Any) -> None:
    second = Seal.objects.order_by("id")[1]
    tampering("DELETE FROM jobs_event WHERE position = ANY(%s)", second.positions)
    tampering("DELETE FROM jobs_seal WHERE id = %s", second.pk)
    assert [fault.what for fault in chain.verify().faults] == ["broken"]


def cut_off(tampering: Any, *links: Seal) -> None:
    for link in links:
        tampering("DELETE FROM jobs_event WHERE position = ANY(%s)", link.positions)
        tampering("DELETE FROM jobs_seal WHERE id = %s", link.pk)


def test_an_end_that_is_cut_off_is_found_by_a_head_that_was_noted(archive: list[str], tampering: Any) -> None:
    said = StringIO()
    call_command("audit", "head", stdout=said)
    noted = said.getvalue().strip()
    call_command("audit", "verify", "--head", noted, stdout=StringIO())
    cut_off(tampering, Seal.objects.latest("id"))
    client().flushdb()
    assert chain.verify().faults == [], "without Redis there is no other witness"
    with pytest.raises(CommandError, match="1 faults"):
        call_command("audit", "verify", "--head", noted, stdout=StringIO(), stderr=StringIO())


def test_an_end_that_is_cut_off_is_known_to_the_journal(archive: list[str], tampering: Any) -> None:
    journal.append("job.progressed", "bell:1", "default", {})
    lifecycle.record()
    assert chain.verify().faults == [], "progress is not kept"
    cut_off(tampering, *Seal.objects.order_by("-id")[:2])
    assert chain.verify().faults == [Fault("missing", place) for place in archive[3:]]


def test_an_end_that_was_cut_off_and_built_upon_is_known_to_redis_until_somebody_believes_it(
    archive: list[str], tampering: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(chain, "SETTLED", timezone.timedelta(0))
    assert (chain.note(), chain.note(), chain.verify().faults) == (1, 0, [])
    cut_off(tampering, Seal.objects.latest("id"))
    journal.append("bell.rung", "bell:1", "default", {"times": 10})
    lifecycle.record()
    assert chain.note() == 0, "what is remembered stays, for verify to find"
    (fault,) = chain.verify().faults
    assert (fault.what, "which Redis remembers" in fault.place) == ("broken", True)
    call_command("audit", "accept", stdout=StringIO())
    lifecycle.record()
    assert (chain.note(), chain.verify().faults) == (1, [])
    assert queries.acts(act="audit.accept").count() == 1


def test_what_redis_comes_to_remember_during_a_long_look_is_no_fault(archive: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    contents = chain._contents

    def meanwhile(seal: Seal) -> list[Fault]:
        noted_head.write("999999999:of a link that comes after")
        return contents(seal)

    monkeypatch.setattr(chain, "_contents", meanwhile)
    assert chain.verify().faults == []
    assert [fault.what for fault in chain.verify().faults] == ["broken"]


def test_an_old_end_that_is_cut_off_is_missed(archive: list[str], tampering: Any) -> None:
    first, second = Seal.objects.order_by("id")[:2]
    cut_off(tampering, first)
    assert [fault.what for fault in chain.verify().faults] == ["broken"]
    audit.record(chain.FORGOTTEN, "archive", through=chain.head_of(second))
    lifecycle.record()
    assert chain.verify().faults == [], "what was told of may have gone in part"


def test_events_whose_chain_is_gone_are_under_no_link(archive: list[str], tampering: Any) -> None:
    tampering("DELETE FROM jobs_seal")
    assert {fault.what for fault in chain.verify().faults} >= {"added"}
    tampering("DELETE FROM jobs_event")
    assert chain.verify().faults == [Fault("missing", place) for place in archive]


def test_what_is_forgotten_by_age_is_told_first_and_leaves_the_rest_whole(
    archive: list[str], settings: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings.EVENT_ARCHIVE_DAYS = 1
    assert forgetting.tell() == 0
    much_later = timezone.now() + timezone.timedelta(days=2)
    monkeypatch.setattr(forgetting.timezone, "now", lambda: much_later)
    monkeypatch.setattr(forgetting, "EVENTS", 3)
    assert (forgetting.tell(), forgetting.forget()) == (1, 0), "it is under way"
    lifecycle.record()
    assert (forgetting.forget(), chain.verify().faults) == (3, [])
    assert (forgetting.forget(), chain.verify().faults) == (3, [])
    assert forgetting.forget() == 0, "the newest of then is still there: the next was built upon it"
    assert forgetting.tell() == 1
    lifecycle.record()
    assert (forgetting.forget(), forgetting.forget(), chain.verify().faults) == (3, 0, [])
    assert list(Event.objects.values_list("data__act", flat=True)) == [chain.FORGOTTEN] * 2


def test_what_is_too_much_is_forgotten_from_the_old_end(archive: list[str], settings: Any) -> None:
    settings.EVENT_ARCHIVE_ROWS = 5
    assert forgetting.tell() == 1
    lifecycle.record()
    assert (forgetting.forget(), chain.verify().faults) == (3, [])
    assert (forgetting.tell(), forgetting.forget()) == (0, 0), "a link is forgotten whole, and not below the bound"


def test_an_act_names_the_user_or_the_key_who_did_it(tenant: Tenant) -> None:
    _, secret = tenants.create_key(tenant, "robot", ["operate", "read"])
    key = ApiKey.objects.get()
    robot = Client(headers={"Authorization": f"Bearer {secret}"})
    robot.post("/api/queues/bulk/pause", {"why": "flood"}, content_type="application/json")
    person = Client()
    User.objects.create_superuser("ada", password="analytical engine")
    person.post("/login/", {"username": "ada", "password": "analytical engine"})
    person.post("/ops/queues/bulk/resume")
    Client().post("/login/", {"username": "eve", "password": "guess"})
    lifecycle.record()
    told = [(row.data["actor"], row.data["act"], row.data["object"]) for row in reversed(queries.acts())]
    assert told == [
        ("platform", "key.create", f"key:{key.prefix}"),
        (f"key {key.prefix}", "queue.pause", "queue:bulk"),
        ("ada", "user.sign_in", "user:ada"),
        ("ada", "queue.resume", "queue:bulk"),
        ("platform", "user.refused", "user:eve"),
    ]
    broker.resume("bulk")


def test_what_the_admin_changes_is_an_act(tenant: Tenant) -> None:
    admin = Client()
    admin.force_login(User.objects.create_superuser("ada"))
    admin.post(f"/admin/jobs/tenant/{tenant.pk}/change/", {"name": "Renamed", "slug": "default", "weight": "1"})
    tenants.create_key(tenant, "old", ["read"])
    key = ApiKey.objects.get()
    admin.post("/admin/jobs/apikey/", {"action": "revoke", "_selected_action": [key.pk]})
    lifecycle.record()
    acts = {row.data["act"]: row.data for row in queries.acts(actor="ada")}
    assert acts["admin.change"]["object"] == f"tenant:{tenant.pk}"
    assert acts["key.revoke"]["object"] == f"key:{key.prefix}"


def test_changed_settings_are_told_once_and_secrets_never(tenant: Tenant) -> None:
    audit.note_settings()
    lifecycle.record()
    audit.note_settings()
    lifecycle.record()
    (row,) = queries.acts(act="settings.change")
    told = row.data["detail"]["all"]
    assert told["CONVEYOR_ENV"] == "test"
    assert told["REDIS_URL"].startswith("sha256:")


def test_acts_are_for_operators(tenant: Tenant) -> None:
    audit.record("queue.pause", "queue:bulk", by="ada")
    lifecycle.record()
    keys = {scope: tenants.create_key(tenant, scope, [scope])[1] for scope in ("read", "operate")}
    assert Client(headers={"Authorization": f"Bearer {keys['read']}"}).get("/api/audit").status_code == 403
    other = Tenant.objects.create(slug="other", name="Other")
    stranger = Client(headers={"Authorization": f"Bearer {tenants.create_key(other, 'x', ['operate'])[1]}"})
    assert stranger.get("/api/audit?act=queue").json()["items"] == []
    items = Client(headers={"Authorization": f"Bearer {keys['operate']}"}).get("/api/audit?act=queue&actor=ada").json()["items"]
    assert [(item["actor"], item["object"]) for item in items] == [("ada", "queue:bulk")]


ODD = ("actor=%00", "act=a%00b", "object=%00", "after=%00")
ODD_MOMENTS = ("since=2026-01-01T00:00:00", "since=9999-12-31T23:59:59-23:00", "until=0001-01-01T00:00:00%2B23:00")


def test_what_nothing_can_be_searched_by_is_said_to_be_wrong(tenant: Tenant) -> None:
    robot = Client(headers={"Authorization": f"Bearer {tenants.create_key(tenant, 'x', ['operate', 'webhooks'])[1]}"})
    admin = Client()
    admin.force_login(User.objects.create_superuser("root"))
    for words in (*ODD, *ODD_MOMENTS):
        assert robot.get(f"/api/audit?{words}").status_code == 422, words
    for words in ODD:
        assert admin.get(f"/ops/audit/?{words}").status_code == 422, words
    for words in ODD_MOMENTS:
        assert robot.get(f"/api/webhooks/deliveries?{words}").status_code == 422, words
    assert robot.get("/api/audit?since=2026-01-01T00:00:00-20:00").status_code == 200


def test_operators_read_the_acts_on_a_page(tenant: Tenant) -> None:
    audit.record("queue.pause", "queue:bulk", by="ada", why="<b>flood</b>", values={"by": ["tenant", "queue"]})
    lifecycle.record()
    admin = Client()
    admin.force_login(User.objects.create_superuser("root"))
    page = admin.get("/ops/audit/?actor=ada").content.decode()
    assert "queue.pause" in page
    assert "&lt;b&gt;flood" in page
    assert "by tenant, queue" in page
    assert admin.get("/ops/audit/?day=yesterday").status_code == 422
    admin.post("/ops/audit/verify")
    lifecycle.record()
    assert "<strong>Whole</strong>" in admin.get("/ops/audit/").content.decode()
    viewer = Client()
    viewer.force_login(User.objects.create_user("vera", is_staff=True))
    assert viewer.get("/ops/audit/").status_code == 403
