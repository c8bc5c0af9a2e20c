FROM python:3.11-slim
ENV PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1
WORKDIR /app
# requirements-otel.txt, for traces.
ARG EXTRAS=
COPY requirements.txt requirements-otel.txt ./
RUN pip install --no-cache-dir -r requirements.txt ${EXTRAS:+-r $EXTRAS}
COPY . .
# Collecting static files connects to nothing; the settings only have to be complete.
RUN CONVEYOR_ENV=test DATABASE_URL=postgresql://none/none REDIS_URL=redis://none python manage.py collectstatic --noinput \
    && useradd --system --uid 10001 conveyor \
    && install -d -o conveyor /app/.data/uploads
USER conveyor
VOLUME /app/.data/uploads
CMD ["honcho", "start", "web"]
