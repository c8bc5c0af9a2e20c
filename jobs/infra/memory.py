"""For processes that work for long: what they loaded at their start is there to stay."""

import gc


def settle() -> None:
    """Collections need not look through all modules and classes from now on, nor does a child of this process copy them for that."""
    gc.collect()
    gc.freeze()
