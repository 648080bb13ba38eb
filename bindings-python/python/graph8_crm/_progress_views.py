"""Progress that shows itself: in a notebook, on a terminal, or in the log."""

from __future__ import annotations

import os
import sys
import time
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from ._errors import ConfigError
from ._events import INFO, logger
from ._progress_text import count, details, line, settled

if TYPE_CHECKING:
    from collections.abc import Callable

    from ._results import PushProgress

LOG_INTERVAL = 5.0
"""Seconds between two lines of the log."""
NOTEBOOK_INTERVAL = 0.25
"""Seconds between two updates of a notebook's output, which are kept in its file."""
LEAST_WIDTH = 20
"""Columns of a terminal that tells a smaller width, or none."""


class ProgressView:
    """Shows the snapshots of one push, at most once in `interval` seconds, and the last one."""

    interval = 0.0

    def __init__(self, label: str) -> None:
        self.label = label
        self._unseen: PushProgress | None = None
        self._shown_at = self._began()

    def _began(self) -> float:
        """When the last one counts as shown; the first snapshot shows at once."""
        return -self.interval

    def __call__(self, snapshot: PushProgress) -> None:
        """Takes in a snapshot."""
        self._unseen = snapshot
        if time.monotonic() - self._shown_at >= self.interval:
            self._show_unseen()

    def end_of_push(self, *, is_whole: bool) -> None:
        """Shows the last snapshot; the push is over, by itself or interrupted."""
        self._show_unseen()
        if not is_whole:
            self.ended_early()
        self.end()

    def _show_unseen(self) -> None:
        snapshot, self._unseen = self._unseen, None
        if snapshot is not None:
            self.show(snapshot)
            self._shown_at = time.monotonic()

    def show(self, snapshot: PushProgress) -> None:
        """Shows it."""
        raise NotImplementedError

    def ended_early(self) -> None:
        """The push was interrupted, or ended with an error."""

    def end(self) -> None:
        """Nothing more comes."""


class TerminalLine(ProgressView):
    """One line on stderr, written anew."""

    def __init__(self, label: str) -> None:
        super().__init__(label)
        self._length = 0

    def show(self, snapshot: PushProgress) -> None:
        """Writes over the last line."""
        text = line(self.label, snapshot, _columns() - 1)
        sys.stderr.write(f"\r{text.ljust(self._length)}")
        sys.stderr.flush()
        self._length = len(text)

    def end(self) -> None:
        """What comes next has a line of its own."""
        if self._length:
            sys.stderr.write("\n")
            sys.stderr.flush()


class LogLines(ProgressView):
    """A line of the log from time to time."""

    interval = LOG_INTERVAL

    def _began(self) -> float:
        return time.monotonic()

    def show(self, snapshot: PushProgress) -> None:
        """Logs it."""
        logger().log(INFO, "%s", line(self.label, snapshot))


class NotebookBar(ProgressView):
    """A bar in the output of a cell."""

    interval = NOTEBOOK_INTERVAL

    def __init__(self, label: str) -> None:
        super().__init__(label)
        self._handle: Any = None
        self._bar: Bar | None = None

    def show(self, snapshot: PushProgress) -> None:
        """Puts it in place of the one before."""
        self._put(Bar(self.label, snapshot))

    def _put(self, bar: Bar) -> None:
        self._bar = bar
        if self._handle is None:
            # IPython has no types.
            from IPython.display import display  # type: ignore[import-not-found,unused-ignore]

            self._handle = display(bar, display_id=True)  # type: ignore[no-untyped-call,unused-ignore]
        else:
            self._handle.update(bar)

    def ended_early(self) -> None:
        """Says so."""
        if self._bar is not None:
            self._put(Bar(self.label, self._bar.snapshot, is_over=True))


class Bar:
    """A snapshot as a notebook shows it."""

    def __init__(self, label: str, snapshot: PushProgress, *, is_over: bool = False) -> None:
        self.label = label
        self.snapshot = snapshot
        self.is_over = is_over

    def __repr__(self) -> str:
        return line(self.label, self.snapshot)

    def _repr_html_(self) -> str:
        from ._results import html

        snapshot = self.snapshot
        outcomes = (
            ("pushed", snapshot.pushed),
            ("skipped", snapshot.skipped),
            ("failed", snapshot.failed),
            ("unknown", snapshot.unknown),
        )
        said = [*details(snapshot), *(["ended early"] if self.is_over else [])]
        return html.page(
            html.paragraph(f" {count(snapshot)}", f"{self.label}:"),
            html.live_bar(self.label, outcomes, settled(snapshot), snapshot.total),
            html.paragraph(" · ".join(said)),
        )


class TqdmBar(ProgressView):
    """A bar of tqdm."""

    def __init__(self, label: str, tqdm: Callable[..., Any]) -> None:
        super().__init__(label)
        self._tqdm = tqdm
        self._bar: Any = None

    def show(self, snapshot: PushProgress) -> None:
        """Moves it; tqdm's own time left knows no limits, so ours takes its place."""
        if self._bar is None:
            ends = "{n_fmt}/{total_fmt} [{elapsed}{postfix}]"
            form = "{desc}: {percentage:3.0f}%|{bar}| " + ends if snapshot.total else None
            self._bar = self._tqdm(desc=self.label, total=snapshot.total, bar_format=form)
        self._bar.total = snapshot.total
        self._bar.set_postfix_str(", ".join(details(snapshot)), refresh=False)
        self._bar.n = settled(snapshot)
        self._bar.refresh()

    def end(self) -> None:
        """Closes it."""
        if self._bar is not None:
            self._bar.close()


class RichBar(ProgressView):
    """A bar of rich."""

    def __init__(self, label: str, rich: Callable[[], Any]) -> None:
        super().__init__(label)
        self._rich = rich
        self._bars: Any = None
        self._task: Any = None

    def show(self, snapshot: PushProgress) -> None:
        """Moves it."""
        said = ", ".join(details(snapshot))
        if self._bars is None:
            self._bars = self._rich()
            self._task = self._bars.add_task(self.label, total=snapshot.total, details=said)
            self._bars.start()
        done = settled(snapshot)
        self._bars.update(self._task, completed=done, total=snapshot.total, details=said)

    def end(self) -> None:
        """Leaves it as it is."""
        if self._bars is not None:
            self._bars.stop()


def view(how: object, label: str) -> ProgressView | None:
    """What shows the progress of a push as the option asks; `None` if it does not."""
    if how is False:
        return None
    if how == "tqdm":
        return TqdmBar(label, _tqdm())
    if how == "rich":
        return RichBar(label, _rich())
    if how is not True:
        raise ConfigError(
            f"progress is {how!r}: pass a function, True, 'tqdm' or 'rich', or leave it out"
        )
    if _is_notebook():
        return NotebookBar(label)
    return TerminalLine(label) if _is_terminal() else LogLines(label)


def _tqdm() -> Callable[..., Any]:
    try:
        from tqdm.auto import tqdm  # type: ignore[import-not-found,import-untyped,unused-ignore]
    except ImportError as error:
        raise _missing("tqdm", error) from error
    return tqdm  # type: ignore[no-any-return,unused-ignore]


def _rich() -> Callable[[], Any]:
    try:
        from rich import console, progress  # type: ignore[import-not-found,unused-ignore]
    except ImportError as error:
        raise _missing("rich", error) from error

    def bars() -> Any:
        return progress.Progress(
            progress.TextColumn("{task.description}", markup=False),
            progress.BarColumn(),
            progress.MofNCompleteColumn(),
            progress.TextColumn("{task.fields[details]}", markup=False),
            console=console.Console(stderr=True),
        )

    return bars


def _missing(library: str, error: ImportError) -> ImportError:
    return ImportError(
        f"progress={library!r} needs {library}, which can't be imported ({error}): install it, or "
        "pass progress=True, which needs no library",
        name=library,
    )


def _is_notebook() -> bool:
    """Whether this is a cell of a notebook: its shell has a kernel, whose front end shows HTML."""
    ipython = sys.modules.get("IPython")
    get_ipython = getattr(ipython, "get_ipython", None)
    shell = get_ipython() if callable(get_ipython) else None
    return getattr(shell, "kernel", None) is not None


def _is_terminal() -> bool:
    """Whether stderr is a terminal that can write over a line."""
    # Python without a console has no stderr.
    stderr: Any = sys.stderr
    if stderr is None or os.environ.get("TERM") == "dumb":
        return False
    try:
        return bool(stderr.isatty())
    except (AttributeError, ValueError):
        return False


def _columns() -> int:
    with suppress(OSError, ValueError, AttributeError):
        columns = os.get_terminal_size(sys.stderr.fileno()).columns
        if columns > LEAST_WIDTH:
            return columns
    return 80
