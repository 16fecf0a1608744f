"""JupyterLab on a workspace: its own configuration, the notebooks that come with the workbench, and the server."""
