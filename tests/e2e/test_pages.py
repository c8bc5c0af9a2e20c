"""What a person sees in a browser."""

import re

from playwright.sync_api import Page, expect

from tests.support.dev import Dev


def test_the_api_documents_itself(page: Page) -> None:
    page.goto("/api/docs")
    expect(page.get_by_text("/api/jobs", exact=True).first).to_be_visible()


def test_the_admin_of_the_first_start_signs_in_and_sees_jobs(page: Page, site: Dev) -> None:
    page.goto("/admin/")
    page.get_by_label(re.compile("username", re.I)).fill("admin")
    page.locator("input[name=password]").fill(site.password)
    page.get_by_role("button", name=re.compile("log in", re.I)).click()
    page.goto("/admin/jobs/job/")
    expect(page.locator("h1").first).to_contain_text(re.compile("job", re.I))
