"""The cycle collector of a process that holds thousands of connections."""

import gc


def calm_collector() -> None:
    """Let the cycle collector alone with what lives as long as we do.

    How often it comes is said in `hub/__init__.py`.
    """
    gc.collect()
    gc.freeze()
