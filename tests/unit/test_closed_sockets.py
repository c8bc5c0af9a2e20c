"""The guard of the unit tests holds: it is shown to refuse."""

import socket

import pytest


def test_a_unit_test_cannot_reach_a_server() -> None:
    with socket.socket() as door, pytest.raises(AssertionError, match="belongs to tests/integration"):
        door.connect(("127.0.0.1", 1))
