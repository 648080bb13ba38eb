"""Puts what TypeDoc and rustdoc made where docs-site/hooks.py takes it, each page with a way back.

python docs-site/collect.py TYPEDOC_FOLDER RUSTDOC_FOLDER TARGET
"""

from __future__ import annotations

import re
import shutil
import sys
from pathlib import Path

BACK = (
    '<a href="{up}index.html" style="position:fixed;right:1rem;bottom:1rem;z-index:1000;'
    "padding:.35rem .8rem;border-radius:1rem;background:#0f766e;color:#fff;"
    'font:14px/1.5 sans-serif;text-decoration:none">graph8-crm guides</a>'
)


def main() -> None:
    """Copies both and gives each page its link."""
    typedoc, rustdoc, target = map(Path, sys.argv[1:])
    shutil.rmtree(target, ignore_errors=True)
    for source, name in ((typedoc, "node"), (rustdoc, "rust")):
        shutil.copytree(source, target / "reference" / name, ignore=shutil.ignore_patterns(".*"))
    for page in target.rglob("*.html"):
        up = "../" * (len(page.relative_to(target).parts) - 1)
        text = page.read_text(encoding="utf-8")
        with_link, count = re.subn(r"</body>", f"{BACK.format(up=up)}</body>", text)
        if count == 1:
            page.write_text(with_link, encoding="utf-8")


if __name__ == "__main__":
    main()
