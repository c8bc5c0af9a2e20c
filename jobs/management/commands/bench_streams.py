"""`manage.py bench_streams`: many open event streams on one web process. It prints what each costs; it asserts nothing."""

import asyncio
import contextlib
import os
import resource
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import IO, Any, cast
from urllib.parse import urlsplit

import httpx
import psutil
from asgiref.sync import sync_to_async
from django.core.management.base import BaseCommand, CommandError, CommandParser
from rich.console import Console
from rich.table import Table

from jobs.infra import journal
from jobs.infra.embedded import free_port
from jobs.models import Tenant
from jobs.models.tenant import DEFAULT_TENANT
from jobs.services import tenants

NAME = "bench.streamed"
PATIENCE = 60.0
OPENING = 50


@dataclass(slots=True)
class Heard:
    """What all readers together have heard: how long each event took to each, in milliseconds."""

    delays: list[float] = field(default_factory=list)
    open: int = 0


class Command(BaseCommand):
    help = "Memory of an open event stream, fan-out latency, and the site's own latency meanwhile."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--streams", type=int, default=1000)
        parser.add_argument("--rate", type=float, default=2, help="Events per second, each heard by every stream.")
        parser.add_argument("--seconds", type=float, default=20)

    def handle(self, *args: Any, streams: int, rate: float, seconds: float, **options: Any) -> None:
        _allow_files(streams * 2 + 200)
        tenant = Tenant.objects.get(slug=DEFAULT_TENANT)
        key, secret = tenants.create_key(tenant, "bench_streams", ["read"])
        try:
            with _web() as (url, web):
                table = asyncio.run(_measure(url, secret, web, streams, rate, seconds))
        finally:
            key.delete()
        Console(file=cast(IO[str], self.stdout)).print(table)


async def _measure(url: str, secret: str, web: psutil.Process, streams: int, rate: float, seconds: float) -> Table:
    heard = Heard()
    before, alone = web.memory_info().rss, await _latencies(url, seconds / 2)
    readers = await _open(url, secret, heard, streams)
    memory = (web.memory_info().rss - before) / streams
    meanwhile, _ = await asyncio.gather(_latencies(url, seconds), _publish(rate, seconds))
    await _until(lambda: len(heard.delays) >= int(rate * seconds) * streams)
    for reader in readers:
        reader.cancel()
    await asyncio.gather(*readers, return_exceptions=True)
    table = Table("figure", "p50", "p99", title=f"{streams} open streams on one web process, {rate:g} events/s for {seconds:g} s")
    table.add_row("an event to a stream, ms", *_points(heard.delays))
    table.add_row("the site alone, ms", *_points(alone))
    table.add_row("the site meanwhile, ms", *_points(meanwhile))
    table.add_row("memory of a stream, KiB", f"{memory / 1024:.1f}", "")
    table.add_row("events heard", f"{len(heard.delays):,}", f"of {int(rate * seconds) * streams:,}")
    return table


def _points(values: list[float]) -> list[str]:
    ordered = sorted(values)
    return [f"{ordered[min(len(ordered) - 1, len(ordered) * p // 100)]:.1f}" for p in (50, 99)]


async def _open(url: str, secret: str, heard: Heard, streams: int) -> list[asyncio.Task[None]]:
    tasks: list[asyncio.Task[None]] = []
    for number in range(streams):
        tasks.append(asyncio.create_task(_read(url, secret, heard)))
        if number % OPENING == OPENING - 1:
            await _until(lambda: heard.open >= len(tasks) - OPENING)
    await _until(lambda: heard.open == streams)
    return tasks


async def _read(url: str, secret: str, heard: Heard) -> None:
    """A bare reader: a client library would cost more than the server that is measured."""
    parts = urlsplit(url)
    stream, sender = await asyncio.open_connection(parts.hostname, parts.port)
    ask = f"GET /api/events?pattern={NAME} HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer {secret}\r\n\r\n"
    try:
        sender.write(ask.encode())
        status = await stream.readline()
        if b" 200 " not in status:
            raise CommandError(f"A stream was refused: {status.decode().strip()}")
        while line := await stream.readline():
            if line.startswith(b": from here"):
                heard.open += 1
            elif line.startswith(b"data: "):
                sent = int(line.partition(b'"sent":')[2].partition(b"}")[0])
                heard.delays.append((time.time_ns() - sent) / 1e6)
    finally:
        sender.close()


async def _publish(rate: float, seconds: float) -> None:
    append, began = sync_to_async(journal.append), time.monotonic()
    for number in range(int(rate * seconds)):
        await asyncio.sleep(max(0.0, began + number / rate - time.monotonic()))
        await append(NAME, "", DEFAULT_TENANT, {"sent": time.time_ns()})


async def _latencies(url: str, seconds: float) -> list[float]:
    """Of the sign-in page, asked one at a time."""
    took, end = [], time.monotonic() + seconds
    async with httpx.AsyncClient(base_url=url, timeout=PATIENCE) as client:
        while time.monotonic() < end:
            began = time.monotonic()
            (await client.get("/login/")).raise_for_status()
            took.append((time.monotonic() - began) * 1000)
            await asyncio.sleep(0.05)
    return took


async def _until(condition: Any) -> None:
    deadline = time.monotonic() + PATIENCE
    while not condition():
        if time.monotonic() > deadline:
            raise CommandError("The streams did not open, or did not hear, in time.")
        await asyncio.sleep(0.02)


@contextlib.contextmanager
def _web() -> Iterator[tuple[str, psutil.Process]]:
    """A web process of its own, as the Procfile starts it."""
    port = free_port()
    words = ["-m", "uvicorn", "config.asgi:application", "--port", str(port), "--no-access-log", "--log-level", "warning"]
    environment = os.environ | {"DATABASE_POOL": "16", "EVENT_STREAMS_PER_TENANT": "100000"}
    process = subprocess.Popen([sys.executable, *words, "--timeout-graceful-shutdown", "3"], env=environment, start_new_session=True)
    url = f"http://127.0.0.1:{port}"
    try:
        deadline = time.monotonic() + PATIENCE
        while not _answers(url):
            if time.monotonic() > deadline:
                raise CommandError("The web process did not start.")
            time.sleep(0.1)
        yield url, psutil.Process(process.pid)
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(30)


def _answers(url: str) -> bool:
    try:
        return httpx.get(f"{url}/healthz").is_success
    except httpx.TransportError:
        return False


def _allow_files(count: int) -> None:
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft < count:
        resource.setrlimit(resource.RLIMIT_NOFILE, (min(count, hard), hard))
