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

TO_CRATE = """<!DOCTYPE html>
<html lang="en">
  <head>
    <meta charset="utf-8">
    <title>graph8_crm</title>
    <meta http-equiv="refresh" content="0; url=graph8_crm/index.html">
  </head>
  <body><a href="graph8_crm/index.html">graph8_crm</a></body>
</html>
"""


OF_ANOTHER_CRATE = re.compile(r'<a href="dispatcher#[^"]*">(.*?)</a>')
"""A link in what `tracing` says of its own; that crate's pages are not here."""


def main() -> None:
    """Copies both and gives each page its link."""
    typedoc, rustdoc, target = map(Path, sys.argv[1:])
    shutil.rmtree(target, ignore_errors=True)
    for source, name in ((typedoc, "node"), (rustdoc, "rust")):
        shutil.copytree(source, target / "reference" / name, ignore=shutil.ignore_patterns(".*"))
    # rustdoc's pages lead there, and it makes none.
    (target / "reference/rust/index.html").write_text(TO_CRATE, encoding="utf-8")
    for page in target.rglob("*.html"):
        up = "../" * (len(page.relative_to(target).parts) - 1)
        text = page.read_text(encoding="utf-8")
        text = OF_ANOTHER_CRATE.sub(r"\1", text)
        with_link, count = re.subn(r"</body>", f"{BACK.format(up=up)}</body>", text)
        if count == 1:
            page.write_text(with_link, encoding="utf-8")


if __name__ == "__main__":
    main()
