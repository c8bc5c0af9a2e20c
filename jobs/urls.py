"""What the platform answers: the site, the API and the health checks."""

from django.contrib.auth.views import LoginView, LogoutView
from django.urls import path

from jobs.api import alerts, audit, bulks, dead_letters, deliveries, errors, events, failures, gates, health, jobs, operations, webhooks
from jobs.api.auth import Key, Session
from jobs.web import jobs as web
from jobs.web import listing, live, pages
from jobs.web.ops import alerts as ops_alerts
from jobs.web.ops import audit as ops_audit
from jobs.web.ops import bulk as bulk_pages
from jobs.web.ops import failures as failure_pages
from jobs.web.ops import flower as ops_flower
from jobs.web.ops import job_page, letters, overview, pulse, steering
from jobs.web.ops import jobs as ops_jobs
from jobs.web.ops import limits as ops_limits
from jobs.web.ops import tenants as ops_tenants
from jobs.web.webhook_addresses import webhook_pages
from jobs.web.webhook_rooms import OPS, SITE

api = errors.Api(title="Conveyor", version="1", urls_namespace="api", auth=[Key(), Session()], docs_url="/docs")
errors.install(api)
api.add_router("", jobs.router)
api.add_router("", alerts.router)
api.add_router("", bulks.router)
api.add_router("", dead_letters.router)
api.add_router("", failures.router)
api.add_router("", events.router)
api.add_router("", operations.router)
api.add_router("", webhooks.router)
api.add_router("", deliveries.router)
api.add_router("", audit.router)
api.add_router("", gates.router)

urlpatterns = [
    path("", pages.home, name="home"),
    path("login/", LoginView.as_view(template_name="jobs/login.html", redirect_authenticated_user=True), name="login"),
    path("logout/", LogoutView.as_view(next_page="home"), name="logout"),
    path("jobs/", web.index, name="jobs"),
    path("jobs/live", listing.stream, name="jobs-live"),
    path("jobs/<uuid:job_id>/", web.page, name="job"),
    path("jobs/<uuid:job_id>/live", live.stream, name="job-live"),
    path("jobs/<uuid:job_id>/cancel", web.cancel, name="job-cancel"),
    path("jobs/<uuid:job_id>/retry", web.retry, name="job-retry"),
    *webhook_pages(SITE, "webhooks/"),
    path("ops/", overview.overview, name="ops"),
    path("ops/pulse", pulse.stream, name="ops-pulse"),
    path("ops/jobs/", ops_jobs.index, name="ops-jobs"),
    path("ops/jobs/complete", ops_jobs.complete, name="ops-jobs-complete"),
    path("ops/jobs/<uuid:job_id>/", job_page.page, name="ops-job"),
    path("ops/jobs/<uuid:job_id>/retry", job_page.retry, name="ops-job-retry"),
    path("ops/jobs/<uuid:job_id>/cancel", job_page.cancel, name="ops-job-cancel"),
    path("ops/jobs/views", ops_jobs.keep_view, name="ops-views"),
    path("ops/jobs/views/<int:number>", ops_jobs.forget_view, name="ops-view"),
    path("ops/bulk/", bulk_pages.index, name="ops-bulks"),
    path("ops/bulk/new", bulk_pages.new, name="ops-bulk-new"),
    path("ops/bulk/<uuid:number>/", bulk_pages.page, name="ops-bulk"),
    path("ops/bulk/<uuid:number>/abort", bulk_pages.abort, name="ops-bulk-abort"),
    path("ops/bulk/<uuid:number>/undo", bulk_pages.undo, name="ops-bulk-undo"),
    path("ops/failures/", failure_pages.index, name="ops-failures"),
    path("ops/failures/<slug:id>/", failure_pages.page, name="ops-failure"),
    path("ops/failures/<slug:id>/<slug:verb>", failure_pages.steer, name="ops-failure-act"),
    path("ops/alerts/", ops_alerts.index, name="ops-alerts"),
    path("ops/alerts/new", ops_alerts.edit, name="ops-alert-new"),
    path("ops/alerts/<int:number>/", ops_alerts.edit, name="ops-alert-rule"),
    path("ops/alerts/<int:number>/remove", ops_alerts.remove, name="ops-alert-remove"),
    path("ops/alerts/<int:number>/silence", ops_alerts.silence, name="ops-alert-silence"),
    path("ops/dead-letters/", letters.index, name="ops-letters"),
    path("ops/dead-letters/purge", letters.purge, name="ops-letters-purge"),
    path("ops/dead-letters/<int:number>/", letters.page, name="ops-letter"),
    path("ops/dead-letters/<int:number>/replay", letters.replay, name="ops-letter-replay"),
    path("ops/tenants/", ops_tenants.index, name="ops-tenants"),
    path("ops/flower/about", ops_flower.about, name="ops-flower-about"),
    path("ops/flower/<path:path>", ops_flower.through, name="ops-flower"),
    path("ops/flower/", ops_flower.through, {"path": ""}, name="ops-flower"),
    path("ops/queues/", steering.queues, name="ops-queues"),
    path("ops/queues/<str:name>/<str:verb>", steering.steer_queue, name="ops-queue"),
    path("ops/limits/", ops_limits.all_limits, name="ops-limits"),
    path("ops/limits/set", ops_limits.set_limit, name="ops-limit-set"),
    path("ops/limits/<str:name>/remove", ops_limits.remove_limit, name="ops-limit-remove"),
    path("ops/pauses/<str:verb>", ops_limits.steer_pause, name="ops-pause"),
    path("ops/breakers/", ops_limits.all_breakers, name="ops-breakers"),
    path("ops/breakers/<str:name>/<str:verb>", ops_limits.steer_breaker, name="ops-breaker"),
    path("ops/workers/", steering.workers, name="ops-workers"),
    path("ops/workers/<str:name>/stacks", steering.stacks, name="ops-worker-stacks"),
    path("ops/workers/<str:name>", steering.steer_worker, name="ops-worker"),
    *webhook_pages(OPS, "ops/webhooks/"),
    path("ops/audit/", ops_audit.index, name="ops-audit"),
    path("ops/audit/verify", ops_audit.verify, name="ops-audit-verify"),
    path("healthz", health.alive),
    path("readyz", health.ready),
    path("metrics", operations.scrape),
]
