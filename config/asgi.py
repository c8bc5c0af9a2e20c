"""The door for ASGI servers."""

import os
from typing import cast

from django.core.asgi import get_asgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
django = get_asgi_application()

# Imported once Django is ready.
from jobs.infra import counted  # noqa: E402
from jobs.infra.lifespan import flushing  # noqa: E402
from jobs.infra.slow_readers import App, cutting  # noqa: E402
from jobs.infra.tracing import traces  # noqa: E402

application = flushing(cutting(cast(App, django)), counted.send_last, traces().flush)
