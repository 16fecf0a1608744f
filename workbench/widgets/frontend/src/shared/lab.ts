/** What a widget asks of the JupyterLab around it; the workbench's own extension of it hears. */

/** The event by which a notebook of the workspace is to be opened; `detail` is its path there. */
export const OPEN_NOTEBOOK = "publipostage:open-notebook";

/** Have a notebook of the workspace opened beside this page, and tell whether somebody does it. */
export function openNotebook(path: string): boolean {
  return !document.dispatchEvent(new CustomEvent(OPEN_NOTEBOOK, { detail: path, cancelable: true }));
}
