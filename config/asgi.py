"""The door for ASGI servers."""

import os

from django.core.asgi import get_asgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
application = get_asgi_application()

# Imported once Django is ready.
from jobs.infra.slow_readers import cutting  # noqa: E402

application = cutting(application)
