"""The project: settings, the Celery app, URLs. It is loaded with Django, so that @shared_task finds the app."""

from config.celery import app as celery_app

__all__ = ["celery_app"]
