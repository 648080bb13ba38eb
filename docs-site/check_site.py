"""Follows every link of a built site, without a network.

    python docs-site/check_site.py site

Each link within the site has to lead to a file, and to an id in it where it names one; nothing that
a page loads may be elsewhere; no list or table may have stayed text.
"""

from __future__ import annotations

import re
import sys
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote, urlsplit

LOADED = {
    ("script", "src"),
    ("img", "src"),
    ("iframe", "src"),
    ("source", "src"),
    ("object", "data"),
    ("use", "href"),
}
LINKS_THAT_LOAD = {"stylesheet", "icon", "preload", "modulepreload", "preconnect", "manifest"}
IN_CSS = re.compile(r"url\(\s*['\"]?([^'\")]+)|@import\s+['\"]([^'\"]+)")
# Marks of a list or a table at the beginning of a line of a paragraph.
UNREAD = re.compile(r"^\s*(?:[-*] |\d+\. |\|.*\|).{0,40}", re.MULTILINE)


class Page(HTMLParser):
    """What a page has and what it points at."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.ids: set[str] = set()
        self.links: list[str] = []
        self.loads: list[str] = []
        self.unread: list[str] = []
        self._paragraph: list[str] | None = None
        self._style = False
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Notes ids, links and what is loaded."""
        values = {name: value or "" for name, value in attrs}
        self.ids.update(values[name] for name in ("id", "name") if values.get(name))
        self._style = tag == "style"
        if tag == "p":
            self._paragraph = []
        if tag == "link":
            rels = set(values.get("rel", "").split())
            (self.loads if rels & LINKS_THAT_LOAD else self.links).append(values.get("href", ""))
        elif tag == "a" and "href" in values:
            self.links.append(values["href"])
        for name, value in values.items():
            if (tag, name) in LOADED:
                self.loads.append(value)
            elif name == "srcset":
                self.loads.extend(part.split()[0] for part in value.split(",") if part.strip())
            elif name == "style":
                self.loads.extend(loaded_by_css(value))

    def handle_endtag(self, tag: str) -> None:
        """Looks at a paragraph that is whole."""
        if tag == "style":
            self._style = False
        if tag == "p" and self._paragraph is not None:
            found = UNREAD.search("".join(self._paragraph))
            if found:
                self.unread.append(found[0])
            self._paragraph = None

    def handle_data(self, data: str) -> None:
        """Text of a paragraph, or style."""
        if self._paragraph is not None:
            self._paragraph.append(data)
        if self._style:
            self.loads.extend(loaded_by_css(data))


def loaded_by_css(text: str) -> list[str]:
    """The addresses in a style sheet."""
    return [first or second for first, second in IN_CSS.findall(text)]


class Site:
    """All pages of a folder, and what is wrong with them."""

    def __init__(self, root: Path) -> None:
        self.root = root.resolve()
        self.pages = {
            path: Page(path.read_text(encoding="utf-8")) for path in self.root.rglob("*.html")
        }
        self.faults: list[str] = []
        self.followed = 0

    def check(self) -> None:
        """Looks at every page and style sheet."""
        for path, page in self.pages.items():
            for link in page.links:
                self.follow(path, link, is_loaded=False)
            for link in page.loads:
                self.follow(path, link, is_loaded=True)
            # What other programs make has no Markdown of ours.
            if (
                not path.relative_to(self.root)
                .as_posix()
                .startswith(("reference/node/", "reference/rust/"))
            ):
                for text in page.unread:
                    self.fault(path, f"a list or table that stayed text: {text.strip()}")
        for path in self.root.rglob("*.css"):
            for link in loaded_by_css(path.read_text(encoding="utf-8")):
                self.follow(path, link, is_loaded=True)

    def fault(self, path: Path, text: str) -> None:
        """Notes what is wrong."""
        self.faults.append(f"{path.relative_to(self.root)}: {text}")

    def follow(self, path: Path, link: str, *, is_loaded: bool) -> None:
        """Finds what a link leads to."""
        parts = urlsplit(link)
        if parts.scheme == "data" or not link:
            return
        if parts.scheme or parts.netloc:
            if is_loaded:
                self.fault(path, f"loads {link} from elsewhere")
            return
        self.followed += 1
        target = (path.parent / unquote(parts.path)).resolve() if parts.path else path
        if target.is_dir():
            target /= "index.html"
        if not target.is_relative_to(self.root) or not target.is_file():
            self.fault(path, f"there is no {link}")
            return
        fragment = parts.fragment
        page = self.pages.get(target)
        if fragment and page is not None and not is_known(target, page, fragment):
            self.fault(path, f"{link} has no such place")


def is_known(target: Path, page: Page, fragment: str) -> bool:
    """Whether the page has the place, or makes it by itself."""
    # The lines of rustdoc's sources, which may be several.
    is_lines = "src" in target.parts and re.fullmatch(r"\d+(-\d+)?", fragment) is not None
    return fragment in page.ids or unquote(fragment) in page.ids or is_lines


def main() -> None:
    """Checks, and says how much."""
    site = Site(Path(sys.argv[1]))
    site.check()
    if len(site.pages) < 100:
        sys.exit(f"{sys.argv[1]} has {len(site.pages)} pages only")
    if site.faults:
        shown = "\n".join(site.faults[:100])
        sys.exit(f"{shown}\n{len(site.faults)} faults on {len(site.pages)} pages")
    print(f"docs: {len(site.pages)} pages, {site.followed} links followed, nothing from elsewhere")


if __name__ == "__main__":
    main()
