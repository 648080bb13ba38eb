"""What the site has beside docs/: its start page, the changes, and the reference of each language.

MkDocs calls the functions whose names begin with `on_`.
"""

from __future__ import annotations

import ast
import re
from os.path import normpath
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mkdocs.exceptions import PluginError
from mkdocs.structure.files import File, Files
from mkdocs.structure.nav import Link, Navigation, Section
from mkdocs.utils import get_relative_url

if TYPE_CHECKING:
    from mkdocs.config.defaults import MkDocsConfig
    from mkdocs.structure.pages import Page

ROOT = Path(__file__).resolve().parent.parent
PACKAGE = ROOT / "bindings-python/python/graph8_crm"
BUILT = ROOT / "target/docs"
"""Where docs-site/collect.py puts what TypeDoc and rustdoc make, as it is on the site."""

END_OF_START = "<!-- The start page of the documentation ends here"
ELSEWHERE = {
    "core/README.md": "reference/rust/graph8_crm/index.html",
    "bindings-node/README.md": "reference/node/index.html",
}
"""Pages outside docs/, and what stands for them on the site."""
OTHER_LANGUAGES = {
    "Node": "reference/node/index.html",
    "Rust": "reference/rust/graph8_crm/index.html",
}

SHIM = ROOT / "docs-site/node_modules/iframe-worker/shim/index.js"
SHIM_ELSEWHERE = "https://unpkg.com/iframe-worker/shim"
"""What the search of pages that are read from a disk needs, and where the theme would load it."""

PYTHON = {
    "clients": ("Clients", "What calls the service.", ["Client", "AsyncClient"]),
    "options": (
        "Options and records",
        "What pushes and checks take. Their options are keyword arguments, all of them optional.",
        [
            *("PushOptions", "ListPushOptions", "CheckOptions", "StopFlag"),
            *("Record", "Records", "Table", "ListChange", "JSONObject", "JSONValue"),
        ],
    ),
    "reports": (
        "Reports",
        "What a push gives back, and what it tells on its way.",
        [
            *("PushReport", "Outcome", "Outcomes", "Problem", "Skip", "MessageCount"),
            *("MessageGroup", "AddedToList", "NotAdded", "RequestLine", "ResultTable"),
            *("PushProgress", "Wait", "ProgressStream"),
        ],
    ),
    "checks": (
        "Checks",
        "What a check gives back.",
        [
            *("CheckReport", "CheckProblem", "Finding", "FindingCode", "Severity", "Example"),
            *("FieldProfile", "FixKind"),
        ],
    ),
    "reads": (
        "Fields, connections and rows",
        "What the client reads.",
        [
            *("Fields", "Field", "FieldKind", "Suggestion", "Suggestions", "CrmSync"),
            *("ConnectionStatus", "FoundContacts", "Graph8Rows", "AsyncGraph8Rows"),
            *("Graph8Field", "graph8_fields"),
        ],
    ),
    "files": (
        "Journals and dead letters",
        "The files of a push, read.",
        ["JournalStatus", "journal_status", "read_dead_letter"],
    ),
    "errors": (
        "Errors",
        "What a call raises; all derive from `Graph8Error`.",
        [
            *("Graph8Error", "ConfigError", "AuthenticationError", "PermissionDeniedError"),
            *("PaymentRequiredError", "NotConnectedError", "InvalidRequestError"),
            *("RateLimitedError", "UpstreamCrmError", "ServerError", "ConnectionFailedError"),
            *("RequestTimeoutError", "InvalidAnswerError", "PushStoppedError", "SourceError"),
            *("StorageError", "NotAllPushedError", "InternalError", "report_of"),
        ],
    ),
    "sandbox": (
        "Sandbox",
        "A local graph8 with five CRMs behind it.",
        ["sandbox", "Sandbox", "SandboxList", "SandboxRecord", "SandboxRequest"],
    ),
    "names": (
        "Names",
        "Names of CRMs, and the texts that options take.",
        [
            *("PROVIDERS", "Provider", "is_provider", "EntityType", "PushKind"),
            *("OnChange", "OnError", "OnUnknown", "Unique"),
        ],
    ),
}
"""Page by page: its title, what is on it, and the public names."""
CRMS = {
    "hubspot": "HubSpot",
    "pipedrive": "Pipedrive",
    "salesforce": "Salesforce",
    "sugarcrm": "SugarCRM",
    "zoho": "Zoho",
}
"""Modules, each a page of its own."""
ALONE = "---\nhide: [navigation]\n---\n\n"
"""A page without others of its kind."""


def on_config(config: MkDocsConfig) -> MkDocsConfig:
    """Puts the pages in the places that `nav` keeps for them."""
    check_python()
    recipes = sorted(
        (ROOT / "docs/recipes").glob("*.md"), key=lambda path: title_of(path).casefold()
    )
    places: dict[str, list[Any]] = {
        "recipes": [
            "recipes/README.md",
            *({title_of(path): f"recipes/{path.name}"} for path in recipes if not is_index(path)),
        ],
        "reference": [
            "reference/index.md",
            {
                "Python": [
                    *(
                        {title: f"reference/python/{page}.md"}
                        for page, (title, *_) in PYTHON.items()
                    ),
                    {
                        "Records of each CRM": [
                            {name: f"reference/python/{crm}.md"} for crm, name in CRMS.items()
                        ]
                    },
                ]
            },
        ],
    }
    for entry in config.nav or []:
        for name, place in entry.items():
            if isinstance(place, str) and place in places:
                entry[name] = places[place]
    return config


def title_of(path: Path) -> str:
    """Its first heading."""
    found = re.search(r"^# (.+)$", path.read_text(encoding="utf-8"), re.MULTILINE)
    if found is None:
        raise PluginError(f"{path.name} has no heading")
    return found[1]


def is_index(path: Path) -> bool:
    """Whether it is the first page of its folder."""
    return path.name == "README.md"


def check_python() -> None:
    """Each public name has one place."""
    module = ast.parse((PACKAGE / "__init__.py").read_text(encoding="utf-8"))
    (public,) = (
        set(ast.literal_eval(node.value))
        for node in module.body
        if isinstance(node, ast.Assign) and getattr(node.targets[0], "id", "") == "__all__"
    )
    shown = [name for _, _, names in PYTHON.values() for name in names] + list(CRMS)
    missing = public - set(shown) - {"__version__"}
    unknown = set(shown) - public
    if missing or unknown or len(shown) != len(set(shown)):
        raise PluginError(
            f"docs-site/hooks.py: PYTHON lacks {sorted(missing)} of graph8_crm.__all__, has "
            f"{sorted(unknown)} beside it, and must name each once"
        )


def on_files(files: Files, config: MkDocsConfig) -> Files:
    """Adds what is not in docs/."""
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    start, found, _ = readme.partition(END_OF_START)
    if not found:
        raise PluginError(f"README.md has no line {END_OF_START!r}")
    pages = {
        "index.md": start,
        "changelog.md": (ROOT / "CHANGELOG.md").read_text(encoding="utf-8"),
        "reference/index.md": REFERENCE,
    }
    for uri in ("index.md", "changelog.md"):
        pages[uri] = ALONE + as_in_docs(pages[uri])
    for page, (title, about, names) in PYTHON.items():
        parts = [f"::: {identifier(name)}" for name in names]
        pages[f"reference/python/{page}.md"] = "\n\n".join([f"# {title}", about, *parts]) + "\n"
    for crm in CRMS:
        pages[f"reference/python/{crm}.md"] = CRM_PAGE.format(crm=crm)
    for uri, content in pages.items():
        files.append(File.generated(config, uri, content=content))
    for place in OTHER_LANGUAGES.values():
        if not (BUILT / place).exists():
            raise PluginError(f"{place} is not built: run make docs")
    for folder, uri in ((BUILT, "reference"), (ROOT / "docs-site", "assets")):
        for path in sorted((folder / uri).rglob("*")):
            if path.is_file() and path.suffix != ".md":
                source = path.relative_to(folder).as_posix()
                files.append(File(source, str(folder), config.site_dir, use_directory_urls=False))
    files.append(File.generated(config, "assets/iframe-worker.js", abs_src_path=str(SHIM)))
    return files


def on_page_markdown(markdown: str, page: Page, config: MkDocsConfig, files: Files) -> str:
    """Links that show a file's name show its title; a dark page has pictures that are dark."""
    del config
    folder = Path(page.file.src_uri).parent

    def found_file(uri: str) -> File | None:
        return files.get_file_from_path(normpath((folder / uri).as_posix()))

    def titled(found: re.Match[str]) -> str:
        target = found_file(found["to"])
        if target is None or target.abs_src_path is None:
            return found[0]
        return f"[{title_of(Path(target.abs_src_path))}]({found['to']}{found['at']})"

    def in_both(found: re.Match[str]) -> str:
        dark = found["picture"].replace("-light.png", "-dark.png")
        if found_file(dark) is None:
            return found[0]
        start = found["start"]
        return f"{start}{found['picture']}#only-light){start}{dark}#only-dark)"

    markdown = re.sub(r"(?P<start>!\[[^]]*\]\()(?P<picture>[^)]+-light\.png)\)", in_both, markdown)
    return re.sub(r"\[[\w/-]+\.md\]\((?P<to>[^)#]+\.md)(?P<at>[^)]*)\)", titled, markdown)


def on_post_page(output: str, page: Page, config: MkDocsConfig) -> str:
    """Loads nothing from elsewhere."""
    del config
    return output.replace(SHIM_ELSEWHERE, get_relative_url("assets/iframe-worker.js", page.url))


def on_post_build(config: MkDocsConfig) -> None:
    """Takes away the page for what is not there: its links are right on a server's root only."""
    Path(config.site_dir, "404.html").unlink()


def as_in_docs(text: str) -> str:
    """A page of the repository's root with its links as they are from docs/."""
    for outside, place in ELSEWHERE.items():
        text = text.replace(f"]({outside})", f"]({place})")
    return re.sub(r"\[docs/|\]\(docs/", lambda found: found[0].replace("docs/", ""), text)


def identifier(name: str) -> str:
    """Where its documentation is looked for."""
    # Beside the function there is a module of its name, which is a command.
    return "graph8_crm._sandbox.sandbox" if name == "sandbox" else f"graph8_crm.{name}"


def on_nav(nav: Navigation, config: MkDocsConfig, files: Files) -> Navigation:
    """Adds the references that other programs make, which are no pages of MkDocs'."""
    del config, files
    (reference,) = (
        item for item in nav.items if isinstance(item, Section) and item.title == "Reference"
    )
    for language, place in OTHER_LANGUAGES.items():
        link = Link(language, place)
        link.parent = reference
        reference.children.append(link)
    return nav


REFERENCE = """# Reference

Made from what the three languages' own documentation says. The same things have the same names in
all three, each in its language's convention: `push_contacts`, `pushContacts`; seconds in Python,
milliseconds in Node.

| language | package | reference |
|---|---|---|
| Python | `pip install graph8-crm`, `import graph8_crm` | {python} |
| Python, typed records | `from graph8_crm import hubspot` | {crms} |
| Node | `npm install graph8-crm` | [TypeDoc](node/index.html) |
| Rust | the crate `graph8-crm` | [rustdoc](rust/graph8_crm/index.html) |
""".format(
    python=", ".join(
        f"[{title.lower()}](python/{page}.md)" for page, (title, *_) in PYTHON.items()
    ),
    crms=", ".join(f"[{name}](python/{crm}.md)" for crm, name in CRMS.items()),
)

CRM_PAGE = """# graph8_crm.{crm}

::: graph8_crm.{crm}
    options:
      show_root_heading: false
      show_root_toc_entry: false
      heading_level: 1
"""
