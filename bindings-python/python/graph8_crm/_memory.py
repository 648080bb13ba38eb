"""Whether a push has memory to go on: where Rust gets none, the process ends without a report."""

from __future__ import annotations

import sys

# All imports are up here: a process without handles can't import later.
if sys.platform == "win32":

    def check_memory() -> None:
        """No limit of a process to look at."""

else:
    import mmap
    import resource

    HEADROOM_MIB = 16
    LIMITS = (resource.RLIMIT_AS, resource.RLIMIT_DATA)

    def check_memory() -> None:
        """Checks that there is some memory left, where the process has a limit of its own.

        Raises:
            MemoryError: Less than 16 MiB are left.
        """
        if all(resource.getrlimit(limit)[0] == resource.RLIM_INFINITY for limit in LIMITS):
            return
        try:
            mmap.mmap(-1, HEADROOM_MIB * 1024 * 1024, flags=mmap.MAP_PRIVATE).close()
        except OSError as error:
            message = f"less than {HEADROOM_MIB} MiB are left within the process's memory limit"
            raise MemoryError(message) from error
