"""Tests on real engines, real nodes and real clients."""
