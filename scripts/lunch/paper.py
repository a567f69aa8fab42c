"""What whoever runs the rush sees: a bar while it lasts, a table at the end."""

import time
from types import TracebackType
from typing import Self

from rich import box
from rich.console import Console
from rich.progress import BarColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn
from rich.table import Table

from scripts.lunch.report import Report, Timing


class Paper:
    """The bar goes to stderr, so that stdout holds the result alone."""

    def __init__(self, seconds: float) -> None:
        self._seconds, self._began = seconds, time.monotonic()
        self._progress = Progress(
            SpinnerColumn(),
            TextColumn("{task.description:<24}"),
            BarColumn(),
            TimeElapsedColumn(),
            TextColumn("{task.fields[facts]}"),
            console=Console(stderr=True),
        )
        self._bar = self._progress.add_task("opening", total=seconds, facts="")

    def __enter__(self) -> Self:
        self._progress.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._progress.stop()

    def begin(self) -> None:
        self._began = time.monotonic()

    def tell(self, what: str, facts: str) -> None:
        """Say what is going on and how far it has come."""
        done = min(time.monotonic() - self._began, self._seconds)
        self._progress.update(self._bar, description=what, completed=done, facts=facts)

    def show(self, report: Report) -> None:
        table = Table(box=box.SIMPLE, show_header=False, title="Lunch rush")
        table.add_column(style="bold")
        table.add_column(justify="right")
        for name, value in rows(report):
            table.add_row(name, value)
        Console().print(table, *report.wrong, sep="\n")


def rows(report: Report) -> list[tuple[str, str]]:
    differing = ", ".join(report.boards_differing) or "none"
    return [
        ("orders", f"{report.orders:,}"),
        ("events", f"{report.events:,} ({report.deliveries:,} deliveries)"),
        ("clients", f"{report.clients:,} ({report.reconnects:,} reconnects)"),
        ("commands", f"{report.commands:,} ({report.repeated:,} repeated)"),
        ("tap to kitchen, other node", _timing(report.tap_to_kitchen)),
        ("order acknowledged", _timing(report.order_ack)),
        ("any command acknowledged", _timing(report.ack)),
        ("lost", _count(report.lost)),
        ("duplicated", _count(report.duplicated)),
        ("out of order", _count(report.out_of_order)),
        ("heard by the wrong people", _count(report.strayed)),
        (f"boards that differ, of {report.boards:,}", differing),
        ("refused, unexpectedly", _codes(report.refused)),
        ("refused, as expected", _codes(report.expected_refusals)),
        ("not let go at closing", str(report.not_let_go)),
        ("orders left to clear away", str(report.left_over)),
    ]


def _timing(timing: Timing) -> str:
    return f"p50 {timing.p50:.1f} ms   p99 {timing.p99:.1f} ms"


def _count(number: int) -> str:
    return f"[red bold]{number}[/]" if number else "[green]0[/]"


def _codes(codes: dict[str, int]) -> str:
    return ", ".join(f"{code} {count}" for code, count in sorted(codes.items())) or "none"
