"""What scripts/dev shows when all is up: the links, the demo logins, and table 1's code to scan."""

import shutil
import sys
from pathlib import Path
from typing import Any

import qrcode
from qrcode.constants import ERROR_CORRECT_L

# One character shows two modules, one above the other; the light ones are drawn.
HALVES = {(True, True): "█", (True, False): "▀", (False, True): "▄", (False, False): " "}
WHITE_ON_BLACK, PLAIN = "\x1b[97;40m", "\x1b[0m"


def first_screen(
    urls: list[str], demo: dict[str, Any], folder: Path, seconds: float, sandbox: str
) -> str:
    table = demo["tables"][0]
    lines = [
        "",
        f"  OneMoment Hub is running (ready in {seconds:.1f} s)",
        "",
        f"  Start page   {urls[0]}/",
        f"  Guest        {table['scanUrl']}   (table {table['number']})",
        f"  Kitchen      {urls[0]}/kitchen",
        f"  Waiter       {urls[0]}/waiter",
        f"  Floor        {urls[0]}/floor",
        f"  Manager      {urls[0]}/manager",
        f"  Translator   {urls[0]}/translator   (for the table whose link was opened last)",
        f"  Hotel rooms  {urls[0]}/hotel/{table['token']}",
        f"  eSIMs        {urls[0]}/esim",
        f"  Second node  {urls[1]}/",
        f"  Sandbox      {sandbox}   (stands in for other companies; see scripts/sandbox)",
        "",
        *logins(demo["staff"]),
        "",
        *code(table["scanUrl"]),
        f"  Logs are in {folder}/logs, all addresses in {folder}/dev.json.",
        *phone_hint(urls[0]),
        "  Ctrl-C ends everything.",
        "",
    ]
    return "\n".join(lines)


def logins(staff: dict[str, dict[str, str]]) -> list[str]:
    emails = max(len(person["email"]) for person in staff.values())
    passwords = max(len(person["password"]) for person in staff.values())
    return ["  Log in as"] + [
        f"    {role:<8}  {person['email']:<{emails}}  {person['password']:<{passwords}}"
        f"  PIN {person['pin']}"
        for role, person in staff.items()
    ]


def code(text: str) -> list[str]:
    """The QR code of a link, where the terminal has room for it and knows the characters."""
    drawing = qrcode.QRCode(error_correction=ERROR_CORRECT_L, border=2)
    drawing.add_data(text)
    matrix = drawing.get_matrix()
    if len(matrix) + 2 > shutil.get_terminal_size().columns or not can_draw():
        return []
    return [f"  {row}" for row in rows(matrix)] + [""]


def rows(matrix: list[list[bool]]) -> list[str]:
    dark = [*matrix, [False] * len(matrix)] if len(matrix) % 2 else matrix
    drawn = [
        "".join(HALVES[not top, not bottom] for top, bottom in zip(upper, lower, strict=True))
        for upper, lower in zip(dark[::2], dark[1::2], strict=True)
    ]
    # A scanner wants dark on light, whatever colours the terminal has.
    return [f"{WHITE_ON_BLACK}{row}{PLAIN}" for row in drawn] if sys.stdout.isatty() else drawn


def can_draw() -> bool:
    try:
        "█".encode(sys.stdout.encoding or "ascii")
    except UnicodeEncodeError:
        return False
    return True


def phone_hint(url: str) -> list[str]:
    if "127.0.0.1" not in url:
        return []
    return ["  To scan with a phone in the same network: HOST=0.0.0.0 scripts/dev"]
