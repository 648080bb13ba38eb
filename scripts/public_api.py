"""The public names and signatures of the three faces, kept in tests/api/ so that a break is seen.

Without an argument it writes them; with `--check` it fails where they differ. Reads sources and
built declarations alone: it takes a second.
"""

from __future__ import annotations

import difflib
import inspect
import re
import sys
from pathlib import Path

import graph8_crm

ROOT = Path(__file__).resolve().parent.parent
KEPT = ROOT / "tests" / "api"


def main() -> None:
    """Writes the public interface, or compares it with what was written."""
    faces = {"python.txt": of_python(), "node.txt": of_node(), "rust.txt": of_rust()}
    if "--check" not in sys.argv[1:]:
        KEPT.mkdir(exist_ok=True)
        for name, lines in faces.items():
            (KEPT / name).write_text("\n".join(lines) + "\n", encoding="utf-8")
        return
    differences: list[str] = []
    for name, lines in faces.items():
        kept = (KEPT / name).read_text(encoding="utf-8").splitlines()
        differences += difflib.unified_diff(
            kept, lines, f"tests/api/{name}", "now", lineterm="", n=0
        )
    if differences:
        print("\n".join(differences))
        sys.exit(
            "The public interface has changed. If that is meant, run scripts/public_api.py and say "
            "it in CHANGELOG.md; what is gone or asks for more breaks users."
        )


def of_python() -> list[str]:
    """What `graph8_crm` and its modules of records give."""
    lines: list[str] = []
    for name in sorted(graph8_crm.__all__):
        if name != "__version__":
            lines += python_item(name, getattr(graph8_crm, name))
    return lines


def python_item(name: str, item: object) -> list[str]:
    """A name, and what belongs to it."""
    if inspect.ismodule(item):
        return [
            line
            for inner in sorted(vars(item))
            if inspect.isclass(vars(item)[inner]) and vars(item)[inner].__module__ == item.__name__
            for line in python_item(f"{name}.{inner}", vars(item)[inner])
        ]
    if inspect.isclass(item):
        bases = ", ".join(base.__name__ for base in item.__bases__)
        lines = [f"class {name}({bases}){signature(item)}"]
        annotations = inspect.get_annotations(item)
        lines += [
            f"  {name}.{field}: {getattr(annotation, '__forward_arg__', annotation)}"
            for field, annotation in annotations.items()
            if not field.startswith("_")
        ]
        own = [base for base in item.__mro__ if base.__module__.startswith("graph8_crm")]
        for member in sorted({member for base in own for member in vars(base)} - {*annotations}):
            if member.startswith("_"):
                continue
            # Not getattr: it would ask properties.
            value = inspect.getattr_static(item, member)
            if isinstance(value, property):
                lines.append(f"  {name}.{member}: {returned(value.fget)}")
            elif callable(getattr(item, member, None)):
                lines.append(f"  {name}.{member}{signature(getattr(item, member))}")
        return lines
    if inspect.isfunction(item):
        return [f"def {name}{signature(item)}"]
    return [f"{name} = {re.sub(r' at 0x[0-9a-f]+', '', repr(item))}"]


def signature(item: object) -> str:
    """A call's parameters and result."""
    try:
        return str(inspect.signature(item))  # type: ignore[arg-type]
    except (TypeError, ValueError):
        return ""


def returned(getter: object) -> str:
    """What a property gives."""
    return str(inspect.get_annotations(getter).get("return", ""))  # type: ignore[arg-type]


def of_node() -> list[str]:
    """The built declarations of the modules that the package gives, without comments."""
    dist = ROOT / "bindings-node" / "dist"
    entry = (dist / "index.d.ts").read_text(encoding="utf-8")
    lines = declarations(entry)
    for module in sorted(set(re.findall(r"from '\./([\w.-]+)\.js'", entry))):
        text = (dist / f"{module}.d.ts").read_text(encoding="utf-8")
        lines += [f"// {module}", *declarations(text)]
    return lines


def declarations(text: str) -> list[str]:
    """Lines without comments and without imports of types."""
    bare = re.sub(r"/\*.*?\*/", "", text, flags=re.DOTALL)
    bare = re.sub(r"(?m)^import .*?;$|//.*$", "", bare)
    return [line.rstrip() for line in bare.splitlines() if line.strip()]


def of_rust() -> list[str]:
    """The items and signatures that the crate's sources declare `pub`, whether reachable or not.

    Generated tables, tests, and what the packages of other languages alone need are left out.
    """
    source = ROOT / "core" / "src"
    lines = [
        line
        for line in (source / "lib.rs")
        .read_text(encoding="utf-8")
        .replace("\n    ", " ")
        .splitlines()
        if line.startswith("pub use")
    ]
    for path in sorted(source.rglob("*.rs")):
        name = path.relative_to(source).as_posix()
        if name.startswith(("border/", "fuzzing", "crm/standard/")) or "/simulated/" in name:
            continue
        text = re.sub(r"(?m)^\s*//.*\n", "", path.read_text(encoding="utf-8"))
        text = text.partition("#[cfg(test)]\nmod tests")[0]
        found = re.findall(
            r"(?m)^ *(pub (?:const |async )*(?:fn|struct|enum|trait|type|const) [^{;]*)",
            text,
        )
        lines += [f"{name}: {' '.join(item.split())}" for item in found]
    return lines


if __name__ == "__main__":
    main()
