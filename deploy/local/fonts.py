"""The fonts that invoices are printed in: the machine's, or the system's packages unpacked beside the servers."""

from pathlib import Path

from deploy.local.home import Refused
from deploy.local.packages import unpacked
from deploy.local.stopping import say

_SYSTEM = Path("/usr/share/fonts")
_PACKAGES = {"fonts-noto-core": "NotoSansTelugu-Regular.*", "fonts-noto-cjk": "NotoSansCJK-Regular.*"}


def fetch() -> None:
    """Unpack what is missing; without them all but printing works."""
    for package, file in _PACKAGES.items():
        if next(_SYSTEM.rglob(file), None) is None:
            try:
                unpacked(package, [package], "Documents cannot be printed without fonts.")
            except Refused as refused:
                say(f"  {refused}\n  Everything else works.")
