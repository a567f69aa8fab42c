"""Tests of the rules, and on real engines, real nodes and real clients."""

from hypothesis import settings

# A busy machine is no fault of the code, and the same code gives the same answer everywhere.
settings.register_profile("house", deadline=None, derandomize=True)
settings.load_profile("house")
