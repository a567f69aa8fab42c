"""The rules of the house: pure, no await, no engine; the standard library and msgspec only."""
