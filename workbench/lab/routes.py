"""The addresses of the page without code: the page, what it is made of, and the line to its kernel."""

from __future__ import annotations

from typing import Any

from jupyter_server.base.handlers import FileFindHandler
from jupyter_server.services.kernels.handlers import KernelHandler
from voila.static_file_handler import (  # type: ignore[import-untyped]
    MultiStaticFileHandler,
    TemplateStaticFileHandler,
)
from voila.tornado.handler import TornadoVoilaHandler  # type: ignore[import-untyped]
from voila.tornado.kernel_websocket_handler import VoilaKernelWebsocketHandler  # type: ignore[import-untyped]

_KERNEL = r"(?P<kernel_id>\w+-\w+-\w+-\w+-\w+)"


class SeenKernel(KernelHandler):
    """Tells a page about its kernel; it cannot be ended nor restarted from there."""

    SUPPORTED_METHODS = ("GET",)


def routes(shown: Any) -> list[tuple[Any, ...]]:
    """Return the addresses of an initialised Voilà that its page needs, and no others."""
    page = {
        "notebook_path": shown.notebook_path.removeprefix(f"{shown.root_dir}/"),
        "template_paths": shown.template_paths,
        "config": shown.config,
        "voila_configuration": shown.voila_configuration,
    }
    labextensions = {"path": shown.labextensions_path, "no_cache_paths": ["/"]}
    static = {"paths": shown.static_paths, "default_filename": "index.html"}
    return [
        (rf"/api/kernels/{_KERNEL}", SeenKernel),
        (rf"/api/kernels/{_KERNEL}/channels", VoilaKernelWebsocketHandler),
        (r"/voila/templates/(.*)", TemplateStaticFileHandler),
        (r"/voila/static/(.*)", MultiStaticFileHandler, static),
        (r"/voila/labextensions/(.*)", FileFindHandler, labextensions),
        *shown.identity_provider.get_handlers(),
        (r"/()", TornadoVoilaHandler, page),
    ]
