"""People of the site for tests."""

from typing import Any

from django.contrib.auth import get_user_model
from django.contrib.auth.models import Group
from django.test import Client

from jobs.core.roles import Role


def person(name: str, role: Role | None = None) -> Any:
    """One of the staff with that role; without a role a user like any other."""
    made = get_user_model().objects.create_user(name, is_staff=role is not None)
    if role is not None:
        made.groups.add(Group.objects.get_or_create(name=role.group)[0])
    return made


def signed_in(name: str, role: Role | None = None) -> Client:
    """A browser in which that person, made anew, is signed in."""
    browser = Client()
    browser.force_login(person(name, role))
    return browser
