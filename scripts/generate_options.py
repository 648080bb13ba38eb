"""Writes the options of both languages, and the table of them in docs/push.md, from `options.py`.

`--check` writes nothing and fails when a file differs.
"""

from __future__ import annotations

import re
import sys
import textwrap
from pathlib import Path

from options import GROUPS, NAMES, OPTIONS, Group, Option, Words

ROOT = Path(__file__).parent.parent
PYTHON = ROOT / "bindings-python/python/graph8_crm/_options.py"
PYTHON_HELP = ROOT / "bindings-python/python/graph8_crm/_option_help.py"
PYTHON_CLIENT = ROOT / "bindings-python/python/graph8_crm/_client.py"
TYPESCRIPT = ROOT / "bindings-node/ts/options.generated.ts"
PAGE = ROOT / "docs/push.md"

WIDTH = 100
HEAD = "Made by scripts/generate_options.py from scripts/options.py: change that."
TABLE = ("<!-- options: made by scripts/generate_options.py -->\n", "<!-- /options -->")

COMMON = {
    "true": Words("True", "`true`"),
    "false": Words("False", "`false`"),
    "null": Words("None", "`null`"),
    "seconds": Words("seconds", "milliseconds"),
}
BY_NAME = {option.name: option for option in OPTIONS}
PUSH = ("list_push", "push", "record")
CHECK = ("check", "record")
GROUP = {group.name: group for group in GROUPS}

# Stands for a blank where no line may end.
HARD = "\0"


def camel_case(name: str) -> str:
    """A name in TypeScript."""
    return re.sub(r"_(.)", lambda found: found[1].upper(), name)


def typescript_name(option: Option) -> str:
    """What TypeScript calls it."""
    return option.typescript_name or camel_case(option.name) + ("Ms" if option.unit else "")


def option_words(option: Option) -> Words:
    """How a text names another option."""
    of = GROUP[option.group].type.typescript
    return Words(f"`{option.name}`", f"{{@link {of}.{typescript_name(option)}}}")


def fill(option: Option, text: str, language: str) -> str:
    """The text in a language, its placeholders filled in."""

    def words(found: re.Match[str]) -> str:
        key = found[1]
        if key.startswith('"'):
            known = Words(f"`{key}`", "`'" + key.strip('"') + "'`")
        elif key in BY_NAME:
            known = option_words(BY_NAME[key])
        else:
            known = {**COMMON, **NAMES, **option.words}[key]
        return str(getattr(known, language))

    return re.sub(r"\{([^{}]+)\}", words, text)


def default(option: Option, language: str) -> str:
    """What holds where it is absent."""
    if isinstance(option.default, str):
        return fill(option, option.default, language)
    is_long = option.unit and language == "typescript"
    return f"{option.default * 1000 if is_long else option.default:,}"


def documentation(option: Option, language: str) -> str:
    """What the language's face says of it."""
    return f"{fill(option, option.about, language)} Default: {default(option, language)}."


def wrapped(text: str, indent: str, first: str = "", last: str = "", rest: str = "") -> list[str]:
    """The text in lines; code and links stay whole."""
    pattern = r"`[^`]*`|\{@[^}]*\}|Default: "
    whole = re.sub(pattern, lambda found: found[0].replace(" ", HARD), first + text + last)
    lines = textwrap.wrap(
        whole,
        WIDTH,
        initial_indent=indent,
        subsequent_indent=indent + rest,
        break_long_words=False,
        break_on_hyphens=False,
    )
    return [line.replace(HARD, " ") for line in lines]


def docstring(text: str) -> list[str]:
    """A docstring in a class."""
    return wrapped(text, " " * 4, '"""', '"""')


def comment(text: str, indent: str) -> list[str]:
    """A documenting comment."""
    line = f"{indent}/** {text} */"
    if len(line) <= WIDTH:
        return [line]
    return [f"{indent}/**", *wrapped(text, f"{indent} * "), f"{indent} */"]


def own(group: Group) -> list[Option]:
    """The options of a group, without those of what it extends."""
    return [option for option in OPTIONS if option.group == group.name]


def python_module() -> str:
    """The TypedDicts."""
    lines = [
        '"""Options of the public functions.',
        "",
        HEAD,
        '"""',
        "",
        "from __future__ import annotations",
        "",
        "from typing import TYPE_CHECKING, Literal, TypeAlias, TypedDict",
        "",
        "if TYPE_CHECKING:",
        "    import os",
        "    from collections.abc import Awaitable, Callable, Mapping, Sequence",
        "",
        "    from ._names import OnChange, OnError, OnUnknown, Unique",
        "    from ._results import Fields, Problem, PushProgress",
        "    from ._types import StopFlag",
        "",
        "    ResolveUnknown: TypeAlias = (",
        '        Literal["lookup"]',
        "        | Callable[[Problem], bool | None]",
        "        | Callable[[Problem], Awaitable[bool | None]]",
        "    )",
    ]
    for group in GROUPS:
        if not group.type.python:
            continue
        bases = [GROUP[name].type.python for name in group.extends]
        base = ", ".join(filter(None, bases)) or "TypedDict"
        lines += ["", "", f"class {group.type.python}({base}, total=False):"]
        lines += [*docstring(group.about.python), ""]
        if not own(group):
            lines.pop()
        for option in own(group):
            if option.python and not option.is_positional:
                lines += [f"    {option.name}: {option.python}"]
                lines += docstring(documentation(option, "python"))
    return "\n".join(lines) + "\n"


def all_of(group: Group) -> list[Option]:
    """The options of a group, with those of what it extends."""
    return [*(option for name in group.extends for option in all_of(GROUP[name])), *own(group)]


def python_help() -> str:
    """Types and texts of the options, for `help()` and completion."""
    lines = [
        '"""What each option is, by the type that has it: its annotation and its text.',
        "",
        HEAD,
        '"""',
        "",
        "from __future__ import annotations",
        "",
        "OPTIONS: dict[str, dict[str, tuple[str, str]]] = {",
    ]
    for group in GROUPS:
        if not group.type.python or group.name in ("client", "record"):
            continue
        lines += [f'    "{group.type.python}": {{']
        for option in all_of(group):
            if option.python and not option.is_positional:
                lines += [f'        "{option.name}": (', f"            {literal(option.python)},"]
                text = documentation(option, "python")
                width = 80 if len(literal(text)) > WIDTH - 13 else WIDTH
                parts = textwrap.wrap(text, width, drop_whitespace=False, break_on_hyphens=False)
                lines += [f"            {literal(part)}" for part in parts[:-1]]
                lines += [f"            {literal(parts[-1])},", "        ),"]
        lines += ["    },"]
    return "\n".join([*lines, "}"]) + "\n"


def literal(text: str) -> str:
    """A text as the formatter writes it."""
    quote = "'" if text.count('"') > text.count("'") else '"'
    return quote + text.replace("\\", "\\\\").replace(quote, f"\\{quote}") + quote


def typescript_module() -> str:
    """The interfaces, and the shapes by which they are checked."""
    lines = [
        "/**",
        " * Options of the public functions.",
        " *",
        f" * {HEAD}",
        " */",
        "",
        "import type { Fields } from './fields.js';",
        "import type { Problem } from './problems.js';",
        "import type { ProgressStream, PushProgress } from './progress.js';",
        "",
        "/** What a look into the CRM found: it is there, it is not, or that is not known. */",
        "export type Found = boolean | null | undefined;",
    ]
    for group in GROUPS:
        bases = ", ".join(GROUP[name].type.typescript for name in group.extends)
        base = f" extends {bases}" if bases else ""
        lines += ["", *comment(group.about.typescript, "")]
        if not any(option.typescript for option in own(group)):
            lines += [f"export interface {group.type.typescript}{base} {{}}"]
            continue
        lines += [f"export interface {group.type.typescript}{base} {{"]
        for option in own(group):
            if option.typescript:
                lines += comment(documentation(option, "typescript"), "  ")
                lines += member(option)
        lines += ["}"]
    for group in GROUPS:
        lines += ["", f"const {group.name.upper()} = {{"]
        lines += [f"  ...{name.upper()}," for name in group.extends]
        for option in own(group):
            if option.typescript:
                lines += [f"  {typescript_name(option)}: '{option.shape}',"]
        lines += ["} as const;"]
    lines += ["", "/** The options that there are, with the JavaScript type of each. */"]
    lines += ["export const SHAPES = {"]
    lines += [f"  {camel_case(group.name)}: {group.name.upper()}," for group in GROUPS]
    lines += ["} as const;"]
    return "\n".join(lines) + "\n"


def member(option: Option) -> list[str]:
    """The option in an interface."""
    one = isinstance(option.typescript, str)
    kinds = [*([option.typescript] if one else option.typescript), "undefined"]
    start = f"  readonly {typescript_name(option)}?:"
    line = f"{start} {' | '.join(kinds)};"
    if len(line) <= WIDTH:
        return [line]
    return [start, *(f"    | {kind}" for kind in kinds[:-1]), f"    | {kinds[-1]};"]


def page_table() -> str:
    """The table of the options of a push."""
    lines = ["| option (Python; Node in camelCase) | default | |", "|---|---|---|"]
    for option in OPTIONS:
        if option.group not in PUSH or not option.readme:
            continue
        name = f"`{option.name}`"
        if not option.typescript:
            name += " (Python)"
        elif typescript_name(option) != camel_case(option.name):
            name += f" (`{typescript_name(option)}`)"
        lines += [f"| {name} | {default(option, 'python')} | {option.readme} |"]
    first = next(option.name for option in OPTIONS if option.group == "push")
    lines += ["", f"Those from `{first}` on are for contacts and companies only."]
    return "\n".join(lines) + "\n"


def replaced(text: str, start: str, end: str, new: str, kept: str) -> str:
    """The text with `kept` and `new` for the first `start` and what follows up to `end`."""
    before, found, rest = text.partition(start)
    _, ended, after = rest.partition(end)
    if not found or not ended:
        sys.exit(f"generate_options.py: there is no {start!r} followed by {end!r}")
    return before + kept + new + ended + after


def client_module(text: str) -> str:
    """The clients' module, with the arguments of `Client` and of a push in its docstrings."""
    lines = []
    for option in OPTIONS:
        if option.group == "client":
            about = f"{option.name}: {documentation(option, 'python')}"
            lines += wrapped(about, " " * 8, rest=" " * 4)
    start = "    Args:\n"
    text = replaced(text, f"{start}        api_key: ", "\n\n    Raises:", "\n".join(lines), start)
    for groups, type_name in ((PUSH, "PushOptions"), (CHECK, "CheckOptions")):
        names = [
            f"`{option.name}`" for option in OPTIONS if option.group in groups and option.python
        ]
        if f"see `{type_name}`" in text:
            text = replaced_options(text, names, type_name)
    return text


def replaced_options(text: str, names: list[str], type_name: str) -> str:
    """The module with these names in the docstring that speaks of the type."""
    about = f"{', '.join(names[:-1])} and {names[-1]}; see `{type_name}` for each and its default."
    lines = wrapped(about, " " * 12, "**options: ", rest=" " * 4)
    start = "            **options: "
    at = text.rindex(start, 0, text.index(f"see `{type_name}`"))
    return text[:at] + replaced(text[at:], start, "\n\n", "\n".join(lines), "")


def generated() -> dict[Path, str]:
    """All files and their text."""
    return {
        PYTHON: python_module(),
        PYTHON_HELP: python_help(),
        PYTHON_CLIENT: client_module(PYTHON_CLIENT.read_text()),
        TYPESCRIPT: typescript_module(),
        PAGE: replaced(PAGE.read_text(), *TABLE, page_table(), TABLE[0]),
    }


def main() -> None:
    """Writes or checks."""
    stale = []
    for path, text in generated().items():
        if path.exists() and path.read_text() == text:
            continue
        stale.append(str(path.relative_to(ROOT)))
        if "--check" not in sys.argv:
            path.write_text(text)
    if "--check" in sys.argv and stale:
        sys.exit(f"run scripts/generate_options.py: {', '.join(stale)} differ from options.py")


if __name__ == "__main__":
    main()
