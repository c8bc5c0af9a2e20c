"""What the platform answers: the API and the health checks."""

from django.urls import path
from ninja import NinjaAPI

from jobs.api import errors, health, jobs
from jobs.api.auth import Key, Session

api = NinjaAPI(title="Conveyor", version="1", urls_namespace="api", auth=[Key(), Session()], docs_url="/docs")
errors.install(api)
api.add_router("", jobs.router)

urlpatterns = [
    path("healthz", health.alive),
    path("readyz", health.ready),
]
