"""Requests to other people's servers can't be turned against our own network: a canary on loopback counts what reached it."""

import contextlib
import gzip
import socket
import ssl
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest

from jobs.core.errors import ConveyorError
from jobs.infra import http
from jobs.infra.http import Refused, Unreached
from tests.support.certificates import Authority
from tests.support.receivers import Receiver, receiving

SHORT = timedelta(seconds=5)
# Names as somebody's DNS may answer them. No test asks a real one.
NAMES = {
    "public.example": ["127.0.0.2"],
    "inside.example": ["127.0.0.1"],
    "inside6.example": ["::1"],
    "mapped.example": ["::ffff:127.0.0.1"],
    "nat64.example": ["64:ff9b::7f00:1"],
    "sixtofour.example": ["2002:7f00:1::"],
    "metadata.example": ["169.254.169.254"],
    "any.example": ["0.0.0.0"],
    "mixed.example": ["127.0.0.2", "127.0.0.1"],
    "nowhere.example": [],
    "localhost": ["127.0.0.1", "::1"],
    "ip6-localhost": ["::1"],
}
TABLE = """
http://127.0.0.1:{port}/ http://127.0.0.1.:{port}/ http://127.1:{port}/ http://127.0.1:{port}/ http://127.9.9.9:{port}/
http://2130706433:{port}/ http://017700000001:{port}/ http://0x7f000001:{port}/ http://0x7F.0x0.0x0.0x1:{port}/ http://0177.0.0.1:{port}/
http://0177.0.0.01:{port}/ http://127.0.0.0x1:{port}/ http://000000127.0.0.1:{port}/ http://4294967297:{port}/ http://0:{port}/
http://0.0.0.0:{port}/ http://[::]:{port}/ http://[::1]:{port}/ http://[0:0:0:0:0:0:0:1]:{port}/ http://[::ffff:127.0.0.1]:{port}/
http://[::ffff:7f00:1]:{port}/ http://[::127.0.0.1]:{port}/ http://[64:ff9b::7f00:1]:{port}/ http://[64:ff9b:1::7f00:1]:{port}/
http://[2002:7f00:1::]:{port}/ http://[2001:0:4136:e378:8000:63bf:80ff:fffe]:{port}/ http://[::1%25lo]:{port}/ http://[fe80::1%25lo]:{port}/
http://①②⑦.⓪.⓪.①:{port}/ http://１２７.0.0.1:{port}/ http://127。0。0。1:{port}/ http://ⓛⓞⓒⓐⓛⓗⓞⓢⓣ:{port}/ http://%31%32%37.0.0.1:{port}/
http://localhost:{port}/ http://LOCALHOST:{port}/ http://localhost.:{port}/ http://ip6-localhost:{port}/
http://inside.example:{port}/ http://inside6.example:{port}/ http://mapped.example:{port}/ http://nat64.example:{port}/
http://sixtofour.example:{port}/ http://metadata.example:{port}/ http://any.example:{port}/ http://mixed.example:{port}/ http://nowhere.example:{port}/
http://public.example@127.0.0.1:{port}/ http://public.example:{port}@127.0.0.1:{port}/ http://user:secret@localhost:{port}/
http://127.0.0.1:{port}\\@public.example/ http://public.example\\@127.0.0.1:{port}/ http://public.example#@127.0.0.1:{port}/
http://127.0.0.1:{port}#@public.example/ http://public.example?@127.0.0.1:{port}/ http://public.example:80:{port}/ http://127.0.0.1%00.example:{port}/
http://127.0.0.1%09:{port}/ http:127.0.0.1:{port}/ http:/127.0.0.1:{port}/ ///127.0.0.1:{port}/ //127.0.0.1:{port}/ https://127.0.0.1:{port}/
ftp://127.0.0.1:{port}/ file://127.0.0.1:{port}/ gopher://127.0.0.1:{port}/_GET jar:http://127.0.0.1:{port}!/ dict://127.0.0.1:{port}/x
http://169.254.169.254/latest/meta-data/ http://[fd00:ec2::254]/latest/ http://metadata.google.internal/ http://100.100.100.200/ http://168.63.129.16/
http://10.0.0.1/ http://172.16.0.1/ http://192.168.0.1/ http://[fc00::1]/ http://224.0.0.1/ http://255.255.255.255/ http://[ff02::1]/
"""
HOSTILE = TABLE.split()


def resolve(host: str, port: int) -> Sequence[str]:
    if host not in NAMES:
        raise socket.gaierror(socket.EAI_NONAME, "no such name")
    return NAMES[host]


@pytest.fixture
def canary() -> Iterator[Receiver]:
    with receiving("127.0.0.1") as started:
        yield started
        assert started.received == []


@pytest.fixture
def public(settings: Any, canary: Receiver) -> Iterator[Receiver]:
    """A receiver whose address stands for a public one: on the canary's port, at another address."""
    settings.OUTBOUND_ALLOWED_NETWORKS = ["127.0.0.2/32"]
    with receiving("127.0.0.2", _port(canary)) as started:
        yield started


def _port(receiver: Receiver) -> int:
    return int(receiver.url.rpartition(":")[2])


def _post(url: str, resolve: http.Resolve = resolve, timeout: timedelta = SHORT) -> http.Answer:
    return http.post(url, b"{}", {"Content-Type": "application/json"}, timeout, resolve)


def test_the_table_is_long_enough() -> None:
    assert len(set(HOSTILE)) >= 40


@pytest.mark.parametrize("url", HOSTILE)
def test_no_hostile_url_reaches_anything(url: str, canary: Receiver) -> None:
    with pytest.raises((ConveyorError, Unreached)):
        _post(url.format(port=_port(canary)))


@pytest.mark.parametrize("url", HOSTILE)
def test_not_even_where_a_neighbour_of_it_is_allowed(url: str, canary: Receiver, public: Receiver) -> None:
    """`?` starts the query: what follows is no host, so that one may reach the public name, and nothing else."""
    try:
        _post(url.format(port=_port(canary)))
    except (ConveyorError, Unreached):
        return
    assert "public.example?" in url


def test_an_ordinary_client_would_have_reached_it() -> None:
    """The table means something: with the protection off, and where a redirect leads."""
    with receiving("127.0.0.1") as canary, receiving("127.0.0.2") as public:
        public.answer = lambda request: (307, {"Location": canary.url}, b"")
        reached = [f"http://{host}:{_port(canary)}/" for host in ("2130706433", "0x7f.1", "127.1", "localhost", "x@127.0.0.1")]
        for url in [*reached, public.url]:
            assert httpx.post(url, follow_redirects=True).is_success
        assert len(canary.received) == len(reached) + 1


def test_a_public_receiver_is_reached_and_hears_its_own_name(public: Receiver) -> None:
    answer = _post(f"http://public.example:{_port(public)}/hook?a=1")
    assert (answer.status, answer.body, answer.ok) == (200, "thanks", True)
    (request,) = public.received
    assert (request.path, request.body) == ("/hook?a=1", b"{}")
    assert request.headers["host"] == f"public.example:{_port(public)}"


def test_a_name_is_resolved_once_and_that_address_is_used(public: Receiver) -> None:
    """DNS rebinding: from the second question on, the name is the canary's."""
    asked: list[str] = []

    def rebinding(host: str, port: int) -> Sequence[str]:
        asked.append(host)
        return ["127.0.0.2"] if len(asked) == 1 else ["127.0.0.1"]

    assert _post(f"http://rebinding.example:{_port(public)}/", rebinding).ok
    assert (len(asked), len(public.received)) == (1, 1)
    with pytest.raises(Refused, match="loopback"):
        _post(f"http://rebinding.example:{_port(public)}/", rebinding)


def test_tls_asks_for_the_name_and_verifies_it(settings: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The connection goes to a judged address; what is asked for and verified there is the name."""
    settings.OUTBOUND_ALLOWED_NETWORKS = ["127.0.0.2/32"]
    authority, asked = Authority(tmp_path), []
    pair = authority.sign("receiver", "127.0.0.9", "public.example")
    tls = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    tls.load_cert_chain(pair.certificate, pair.key)
    tls.sni_callback = lambda connection, name, context: asked.append(name)
    believed = ssl.create_default_context(cafile=str(authority.file))
    with receiving("127.0.0.2", tls=tls) as receiver:
        with pytest.raises(Unreached, match="certificate verify failed"):
            _post(f"https://public.example:{_port(receiver)}/")
        monkeypatch.setattr(http, "_trust", lambda: believed)
        assert _post(f"https://public.example:{_port(receiver)}/").ok
        with pytest.raises(Unreached, match=r"not valid for 'other\.example'"):
            _post(f"https://other.example:{_port(receiver)}/", lambda host, port: ["127.0.0.2"])
        with pytest.raises(Unreached, match="not valid for '127"):
            _post(receiver.url)
    assert (asked, len(receiver.received)) == (["public.example", "public.example", "other.example", None], 1)


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
@pytest.mark.parametrize("to", ["http://127.0.0.1:{port}/", "http://localhost:{port}/", "//127.0.0.1:{port}/"])
def test_a_redirect_is_an_answer_and_is_not_followed(public: Receiver, canary: Receiver, status: int, to: str) -> None:
    public.answer = lambda request: (status, {"Location": to.format(port=_port(canary))}, b"")
    answer = _post(f"http://public.example:{_port(public)}/")
    assert (answer.status, answer.ok) == (status, False)


def test_a_proxy_of_the_environment_is_not_used(public: Receiver, canary: Receiver, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("http_proxy", "HTTP_PROXY", "ALL_PROXY"):
        monkeypatch.setenv(name, canary.url)
    assert _post(f"http://public.example:{_port(public)}/").ok


def test_a_large_answer_is_read_to_the_cap_and_no_further(public: Receiver) -> None:
    public.answer = lambda request: (200, {f"X-{n}": "y" * 900 for n in range(60)}, b"a\x00b" * 10_000_000)
    answer = _post(f"http://public.example:{_port(public)}/")
    assert (len(answer.body), answer.truncated) == (http.MOST_BODY, True)
    assert len(answer.headers) == http.MOST_HEADERS
    assert "\x00" not in answer.body


def _drip(sock: socket.socket, start: bytes, stop: threading.Event) -> None:
    """One byte after another, each well before the reader loses its patience with a single one."""
    peer, _ = sock.accept()
    with peer:
        peer.sendall(start)
        while not stop.wait(0.05):
            try:
                peer.sendall(b"x")
            except OSError:
                return


@pytest.mark.parametrize("start", [b"HTTP/1.1 200 OK\r\nX-Slow: ", b"HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n", b""])
def test_an_answer_that_drips_ends_with_the_time_it_has(settings: Any, start: bytes) -> None:
    settings.OUTBOUND_ALLOWED_NETWORKS = ["127.0.0.2/32"]
    stop = threading.Event()
    with socket.create_server(("127.0.0.2", 0)) as server:
        dripping = threading.Thread(target=_drip, args=(server, start, stop))
        dripping.start()
        began = time.monotonic()
        with pytest.raises(Unreached):
            _post(f"http://public.example:{server.getsockname()[1]}/", timeout=timedelta(seconds=0.5))
        took = time.monotonic() - began
        stop.set()
        dripping.join()
    # Far from the hour and a half that the drops would take.
    assert took < 60


def test_a_name_server_that_is_silent_ends_with_the_time_too() -> None:
    silence = threading.Event()

    def silent(host: str, port: int) -> Sequence[str]:
        silence.wait(60)
        return []

    with pytest.raises(Unreached, match="not found in time"):
        _post("http://slow.example/", silent, timeout=timedelta(seconds=0.2))
    silence.set()


def _takes_slowly(server: socket.socket, taken: list[int], stop: threading.Event) -> None:
    """Takes some of what is sent again and again, each time well before the sender loses its patience with one piece."""
    peer, _ = server.accept()
    with peer, contextlib.suppress(OSError):
        while not stop.wait(0.01) and (some := peer.recv(200_000)):
            taken.append(len(some))


def test_a_receiver_that_takes_slowly_ends_with_the_time_it_has(settings: Any) -> None:
    settings.OUTBOUND_ALLOWED_NETWORKS = ["127.0.0.2/32"]
    body, taken, stop = b"x" * 40_000_000, list[int](), threading.Event()
    with socket.create_server(("127.0.0.2", 0)) as server:
        taking = threading.Thread(target=_takes_slowly, args=(server, taken, stop))
        taking.start()
        with pytest.raises(Unreached, match="no answer within"):
            http.post(f"http://127.0.0.2:{server.getsockname()[1]}/", body, {}, timedelta(seconds=0.5))
        stop.set()
        taking.join()
    assert sum(taken) < len(body) / 2


def test_another_address_of_the_name_is_tried_when_one_does_not_answer(public: Receiver, settings: Any) -> None:
    settings.OUTBOUND_ALLOWED_NETWORKS = ["127.0.0.2/31"]
    port = _port(public)
    assert _post(f"http://two.example:{port}/", lambda host, port: ["127.0.0.3", "127.0.0.2"]).ok
    with pytest.raises(Unreached, match="refused"):
        _post(f"http://none.example:{port}/", lambda host, port: ["127.0.0.3", "127.0.0.3"])


ODD = [
    b"",
    b"\x00\xff\x00",
    b"HTTP/1.1 99999 No\r\n\r\n",
    b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\n\r\n",
    b"HTTP/1.1 100 Continue\r\n\r\n" * 1000,
    b"HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\n",
    b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
    b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n" + b"f" * 1000,
    b"HTTP/1.1 200 OK\r\nX: " + b"y" * 1_000_000,
    b"HTTP/1.1 200 " + b"\xe4" * 100 + b"\r\nX-\xe4: \x00\r\n\r\n",
]


@pytest.mark.parametrize("answer", ODD)
def test_whatever_is_answered_is_an_answer_or_none(settings: Any, answer: bytes) -> None:
    settings.OUTBOUND_ALLOWED_NETWORKS = ["127.0.0.2/32"]
    with socket.create_server(("127.0.0.2", 0)) as server:
        thread = threading.Thread(target=_answers, args=(server, answer))
        thread.start()
        with pytest.raises(Unreached):
            _post(f"http://127.0.0.2:{server.getsockname()[1]}/")
        thread.join()


def _answers(server: socket.socket, answer: bytes) -> None:
    peer, _ = server.accept()
    with peer, contextlib.suppress(OSError):
        peer.recv(1000)
        peer.sendall(answer)


def test_what_is_packed_is_kept_as_it_came(public: Receiver) -> None:
    """A bomb is not set off: a few KB that would become megabytes stay a few KB."""
    public.answer = lambda request: (200, {"Content-Encoding": "gzip"}, gzip.compress(b"x" * 10_000_000))
    answer = _post(f"http://public.example:{_port(public)}/")
    assert (public.received[0].headers["accept-encoding"], len(answer.body) < 12_000) == ("identity", True)


def _nothing(sock: socket.socket) -> None:
    peer, _ = sock.accept()
    peer.close()


@pytest.mark.parametrize("behave", [_nothing])
def test_no_answer_is_said_in_words(settings: Any, behave: Callable[[socket.socket], None]) -> None:
    settings.OUTBOUND_ALLOWED_NETWORKS = ["127.0.0.2/32"]
    with socket.create_server(("127.0.0.2", 0)) as server:
        thread = threading.Thread(target=behave, args=(server,))
        thread.start()
        with pytest.raises(Unreached, match=r"RemoteProtocolError|ReadError"):
            _post(f"http://public.example:{server.getsockname()[1]}/")
        thread.join()
        port = server.getsockname()[1]
    with pytest.raises(Unreached, match=r"refused|ConnectError"):
        _post(f"http://public.example:{port}/")
    with pytest.raises(Unreached, match="not found"):
        _post("http://unknown.example/")
