"""Our contracts of TON, compiled and run by the chain's own virtual machine, in Node."""

from tests.javascript import ROOT, told

FILES = sorted((ROOT / "tests/ton").glob("*.test.mjs"))
SECONDS = 240.0  # a few, where nobody else works
FIRST = "the code that is deployed is the one that is written"


async def test_the_contracts_do_what_they_promise_and_nothing_else() -> None:
    """One process for all files: the compiler and the machine take a second to start."""
    script = "".join(f"await import({str(each)!r});\n" for each in FILES)
    found = await told("--test-reporter=spec", "--input-type=module", "-e", script, seconds=SECONDS)
    assert f"✔ {FIRST}" in found
