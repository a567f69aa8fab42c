"""The cycle collector of a process that holds thousands of connections."""

import gc


def calm_collector() -> None:
    """Let the cycle collector alone with what lives as long as we do, and call it less often.

    Hardly anything here is in a cycle; walking all connections again and again would cost a third
    of the processor at some thousands of them.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(50_000, 50, 50)
