"""Where requests of ours may go: which URLs are taken from a client, and which addresses are reached.

The addresses are judged after the name was resolved, and the connection is made to the judged address itself (infra.http).
"""

import ipaddress
import re
from collections.abc import Sequence
from dataclasses import dataclass
from urllib.parse import urlsplit

from jobs.core.errors import InvalidInput

Address = ipaddress.IPv4Address | ipaddress.IPv6Address
Network = ipaddress.IPv4Network | ipaddress.IPv6Network

PORTS = {"http": 80, "https": 443}
# Services that take commands from whoever connects; a public one is nobody's webhook.
CLOSED_PORTS = frozenset({1433, 1521, 2049, 2375, 2376, 2379, 3306, 3389, 5432, 5672, 5900, 6000, 6379, 6380, 9200, 10250, 11211, 27017})
MOST = 2000
_LABEL = re.compile(r"[a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9_])?")
_TEXT = re.compile(r"[\x21-\x7e]+")
# Addresses that carry an IPv4 address inside: NAT64 (RFC 6052) and IPv4-compatible ones (RFC 4291).
_TRANSLATED = tuple(ipaddress.IPv6Network(net) for net in ("64:ff9b::/96", "::/96"))
# What is_private and is_global of Python 3.11 take for public: newer blocks of IANA's special purpose registry; Azure's platform; and
# the NAT64 of one's own network (RFC 8215), which may hold an IPv4 address at any of the places that RFC 6052 knows.
_CLOSED = tuple(
    ipaddress.ip_network(net)
    for net in (
        *("168.63.129.16/32", "192.0.0.0/24", "192.88.99.0/24"),
        *("64:ff9b:1::/48", "2001::/23", "3fff::/20", "5f00::/16", "fec0::/10"),
    )
)


class InvalidUrl(InvalidInput):
    code = "invalid_url"


@dataclass(frozen=True, slots=True)
class Target:
    """A URL taken apart. `path` has the query; `host` is lower case ASCII, an IPv6 address without brackets."""

    scheme: str
    host: str
    port: int
    path: str

    @property
    def authority(self) -> str:
        """As the Host header has it."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return host if self.port == PORTS[self.scheme] else f"{host}:{self.port}"

    @property
    def origin(self) -> str:
        return f"{self.scheme}://{self.authority}"

    @property
    def literal(self) -> Address | None:
        """The address, where the host is one."""
        try:
            return ipaddress.ip_address(self.host)
        except ValueError:
            return None


def target(url: str, field: str = "url") -> Target:
    """The URL as it will be used; raises InvalidUrl for all that could mean two things to two readers."""
    try:
        return _target(url)
    except ValueError as error:
        raise InvalidUrl(f"This URL can't be used: {error}.", {field: str(error)}) from None


def _target(url: str) -> Target:
    if len(url) > MOST or not _TEXT.fullmatch(_without_name(url)) or "\\" in url:
        raise ValueError(f"it has at most {MOST} characters, no spaces, no backslash, and other signs than ASCII are percent-encoded")
    parts = urlsplit(url)
    if parts.scheme not in PORTS:
        raise ValueError("it begins with https:// or http://")
    if "@" in parts.netloc:
        raise ValueError("it carries no user name or password")
    if parts.fragment or "#" in url:
        raise ValueError("it has no fragment")
    port = PORTS[parts.scheme] if parts.port is None else parts.port
    if port not in PORTS.values() and (port < 1024 or port in CLOSED_PORTS):
        raise ValueError(f"port {port} is not one for webhooks: use 80, 443 or one above 1023 that no other service is known for")
    path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    return Target(parts.scheme, _host(parts.hostname or ""), port, path)


def _without_name(url: str) -> str:
    """The URL with an ASCII stand-in for its host: names may be written in other scripts."""
    head, slashes, rest = url.partition("://")
    end = min((at for at in (rest.find(sign) for sign in "/?#") if at >= 0), default=len(rest))
    shown = "".join("x" if ord(sign) > 0x7F else sign for sign in rest[:end])
    return head + slashes + shown + rest[end:]


def _host(name: str) -> str:
    if ":" in name:
        return str(ipaddress.IPv6Address(name)) if "%" not in name else _refuse(name)
    try:
        # Nameprep folds what looks like a digit or a dot into one, so it comes before the look at the result.
        host = name.encode("idna").decode().lower().removesuffix(".")
    except UnicodeError:
        return _refuse(name)
    labels = host.split(".")
    if len(host) > 253 or not all(_LABEL.fullmatch(label) for label in labels):
        return _refuse(name)
    # A last part that is a number makes it an address, and then it is written in the one usual way: no octal, hex or short form.
    if re.fullmatch(r"[0-9]+|0x[0-9a-f]*", labels[-1]):
        return str(ipaddress.IPv4Address(host))
    return host


def _refuse(name: str) -> str:
    raise ValueError(f"{name!r} is not the name of a host")


def why_closed(address: Address, allowed: Sequence[Network] = ()) -> str | None:
    """Why nothing is sent to that address; None when it is open: public, or in a network that the operators allow."""
    inner = _inner(address)
    if any(place in network for place in (address, inner) for network in allowed if network.version == place.version):
        return None
    for kind in ("unspecified", "loopback", "link_local", "multicast", "private", "reserved"):
        if getattr(inner, f"is_{kind}"):
            return f"{address} is {kind.replace('_', '-')}"
    if not inner.is_global or any(inner in network for network in _CLOSED if network.version == inner.version):
        return f"{address} is not public"
    return None


def _inner(address: Address) -> Address:
    """The IPv4 address inside, where the address is a wrapping of one: mapped, 6to4, Teredo, NAT64, compatible."""
    if isinstance(address, ipaddress.IPv4Address):
        return address
    inside = address.ipv4_mapped or address.sixtofour or (address.teredo[1] if address.teredo else None)
    if inside:
        return inside
    if any(address in network for network in _TRANSLATED) and int(address) > 1:
        return ipaddress.IPv4Address(int(address) & 0xFFFFFFFF)
    return address
