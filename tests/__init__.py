"""Tests of the rules, and on real engines, real nodes and real clients."""

from hypothesis import HealthCheck, settings

# A busy machine is no fault of the code, and the same code gives the same answer everywhere.
settings.register_profile(
    "house", deadline=None, derandomize=True, suppress_health_check=[HealthCheck.too_slow]
)
settings.load_profile("house")
