"""Which URLs are taken, and which addresses are reached."""

import ipaddress

import pytest

from jobs.core.outbound import InvalidUrl, target, why_closed


@pytest.mark.parametrize(
    ("url", "origin", "path"),
    [
        ("https://example.com", "https://example.com", "/"),
        ("https://Example.COM:443/hook?a=1&b=%20", "https://example.com", "/hook?a=1&b=%20"),
        ("http://example.com:8080/x", "http://example.com:8080", "/x"),
        ("https://bücher.example/a", "https://xn--bcher-kva.example", "/a"),
        ("https://[2606:4700::1111]:8443/a", "https://[2606:4700::1111]:8443", "/a"),
        ("http://8.8.8.8/a", "http://8.8.8.8", "/a"),
        ("https://example.com./a", "https://example.com", "/a"),
    ],
)
def test_a_usual_url_is_taken_apart(url: str, origin: str, path: str) -> None:
    place = target(url)
    assert (place.origin, place.path) == (origin, path)


@pytest.mark.parametrize(
    "url",
    [
        "",
        "example.com",
        "ftp://example.com/",
        "file:///etc/passwd",
        "gopher://example.com/",
        "https://",
        "https:///path",
        "https://user@example.com/",
        "https://user:secret@example.com/",
        "https://@example.com/",
        "https://example.com/#part",
        "https://example.com/#",
        "https://example.com/a b",
        "https://example.com/\r\nHost: x",
        "https://exa\tmple.com/",
        "https://example.com\\@10.0.0.1/",
        "https://example.com/ä",
        "https://example.com:0/",
        "https://example.com:25/",
        "https://example.com:6379/",
        "https://example.com:99999/",
        "https://example.com:x/",
        "https://%31%32%37.0.0.1/",
        "http://2130706433/",
        "http://0x7f000001/",
        "http://0177.0.0.1/",
        "http://0x7f.0.0.1/",
        "http://127.1/",
        "http://127.0.0.1.1/",
        "http://256.0.0.1/",
        "http://[::1%25lo]/",
        "http://[::1/",
        "http://[not-an-address]/",
        "https://-example.com/",
        "https://exa..mple.com/",
        "https://example.com/" + "a" * 2000,
    ],
)
def test_a_url_that_could_mean_two_things_is_refused(url: str) -> None:
    with pytest.raises(InvalidUrl) as caught:
        target(url)
    assert "url" in caught.value.fields


CLOSED = """0.0.0.0 127.0.0.1 127.255.255.254 10.0.0.1 172.16.0.1 172.31.255.255 192.168.1.1 169.254.169.254 100.64.0.1 100.100.100.200
    192.0.0.192 192.0.2.1 198.18.0.1 198.51.100.1 203.0.113.1 224.0.0.1 239.255.255.255 240.0.0.1 255.255.255.255 168.63.129.16 192.88.99.1
    :: ::1 fe80::1 fec0::1 fc00::1 fd00:ec2::254 ff02::1 2001:db8::1 100::1 3fff::1
    ::ffff:127.0.0.1 ::ffff:10.0.0.1 ::ffff:a9fe:a9fe ::127.0.0.1 ::7f00:1 2002:7f00:1:: 2002:a00:1::1 64:ff9b::7f00:1 64:ff9b::a9fe:a9fe
    64:ff9b:1::a00:1 64:ff9b:1:a00:0:100:808:808 64:ff9b:1::808:808 2001:0:4136:e378:8000:63bf:f5ff:fffe"""


@pytest.mark.parametrize(
    "address",
    CLOSED.split(),
)
def test_an_address_that_is_not_public_is_closed(address: str) -> None:
    assert why_closed(ipaddress.ip_address(address))


@pytest.mark.parametrize(
    "address", ["8.8.8.8", "93.184.215.14", "2606:4700::1111", "::ffff:8.8.8.8", "64:ff9b::808:808", "2002:808:808::1"]
)
def test_a_public_address_is_open(address: str) -> None:
    assert why_closed(ipaddress.ip_address(address)) is None


def test_ones_own_networks_are_open_when_the_operators_say_so_however_they_are_written() -> None:
    allowed = (ipaddress.ip_network("10.1.0.0/16"), ipaddress.ip_network("fd12::/32"))
    for open_ in ("10.1.2.3", "::ffff:10.1.2.3", "fd12::5"):
        assert why_closed(ipaddress.ip_address(open_), allowed) is None
    for closed in ("10.2.0.1", "127.0.0.1", "fd13::5"):
        assert why_closed(ipaddress.ip_address(closed), allowed)
