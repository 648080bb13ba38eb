"""Whether a push has memory to go on: where Rust gets none, the process ends without a report."""

from __future__ import annotations

import sys

HEADROOM_MIB = 16
LOW_MEMORY = f"less than {HEADROOM_MIB} MiB are left within the process's memory limit"

# All imports are up here: a process without handles can't import later.
if sys.platform == "win32":

    def memory_is_low() -> bool:
        """A process has no limit of its own to look at."""
        return False

else:
    import mmap
    import resource

    LIMITS = (resource.RLIMIT_AS, resource.RLIMIT_DATA)

    def memory_is_low() -> bool:
        """Whether less than `HEADROOM_MIB` are left within the process's own limit, if any."""
        if all(resource.getrlimit(limit)[0] == resource.RLIM_INFINITY for limit in LIMITS):
            return False
        try:
            mmap.mmap(-1, HEADROOM_MIB * 1024 * 1024, flags=mmap.MAP_PRIVATE).close()
        except OSError:
            return True
        return False
