"""How a buyer is written: `user:5`, `visitor:<random>` for a guest, `key:<prefix>` for an API key; nobody (empty) is staff."""

VISITOR = "visitor:"


def is_guest(buyer: str) -> bool:
    return buyer.startswith(VISITOR)
