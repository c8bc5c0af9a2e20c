"""Plain Python: no Django, no Celery, no Redis, no clock, no dice."""
