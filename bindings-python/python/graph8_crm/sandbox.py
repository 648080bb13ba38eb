"""`python -m graph8_crm.sandbox`: starts a sandbox and says where it is."""

from __future__ import annotations

import sys

from ._sandbox import sandbox

if __name__ == "__main__":
    from ._sandbox_command import main

    sys.exit(main(sys.argv[1:]))

# Whoever imports this module, as tools do that walk through a package, must not put it in the
# place of the function `graph8_crm.sandbox`: what stands here becomes the package's attribute.
sys.modules[__name__] = sandbox  # type: ignore[assignment]
