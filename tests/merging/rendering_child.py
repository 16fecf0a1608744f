"""Merge templates in a process with a limit of memory: a JSON line in (subject, html, values), a JSON line out."""

from __future__ import annotations

import json
import resource
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from workbench.domain.templates import Template
from workbench.errors import TemplateRefused
from workbench.merging.catalogue import builtin_catalogue
from workbench.merging.render import compile_template

MEMORY = 1 << 30


def answer(asked: dict[str, object]) -> dict[str, object]:
    """What became of one template."""
    template = Template(label="x", subject=str(asked["subject"]), html=str(asked["html"]))
    values = dict(asked["values"])  # type: ignore[call-overload]
    try:
        rendered = compile_template(template, builtin_catalogue(), columns=values).render(values)
    except TemplateRefused as refused:
        told = {"refused": refused.sentence, "line": refused.line, "cause": type(refused.__cause__).__name__}
    else:
        told = {"size": len(rendered.html)}
    return told | {"megabytes": most_memory()}


def most_memory() -> int:
    """Return the most memory this process has held, in MB; getrusage would count its parent's from before exec."""
    for line in Path("/proc/self/status").read_text().splitlines():
        if line.startswith("VmHWM:"):
            return int(line.split()[1]) // 1024
    raise AssertionError("this system does not tell what a process has held")


def main() -> None:
    """Answer until there is no more to read."""
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    print(json.dumps({"ready": True}), flush=True)
    for line in sys.stdin:
        print(json.dumps(answer(json.loads(line))), flush=True)


if __name__ == "__main__":
    main()
