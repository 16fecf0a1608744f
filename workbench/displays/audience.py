"""Who looks at what is shown: a person who can click, a notebook that nobody watches, a terminal, nobody."""

from __future__ import annotations

import os
import sys
from typing import Any

VOILA = ("VOILA_BASE_URL", "VOILA_KERNEL_ID")
"""What Voilà tells the kernels it starts: a person sits at its page, though no cell may ask them anything."""


def notebook_shell() -> Any:
    """Return the shell of the notebook's kernel that runs this program, or nothing outside a notebook."""
    # Whoever is not in a notebook has not loaded IPython: that is known without loading it.
    ipython = sys.modules.get("IPython")
    shell = ipython.get_ipython() if ipython is not None else None
    return shell if getattr(shell, "kernel", None) is not None else None


def without_code() -> bool:
    """Tell whether the screens are shown as a page without code (``workbench app``): no cell is there to write in."""
    return any(name in os.environ for name in VOILA)


def someone_can_click() -> bool:
    """Tell whether a person sits at the notebook whose cell is being run, so that a button there is of use.

    A front end with a person before it lets a cell ask for input; nbclient, papermill, nbconvert and ``jupyter
    execute`` do not. Voilà does not either, and is known by what it tells its kernels.
    """
    shell = notebook_shell()
    if shell is None:
        return False
    if without_code():
        return True
    request = shell.kernel.get_parent("shell")
    asked = request.get("header", {}).get("msg_type") == "execute_request"
    return asked and bool(request["content"].get("allow_stdin"))
