/**
 * What JupyterLab gains where it was opened by the workbench: a tile in the launcher, and the notebooks of the workbench
 * run when they open: the desk without its code, a guide with the mail catcher's inbox in view.
 *
 * Contract: the page's configuration may hold `publipostage`, the JSON of `{notebook, notebooks, words}`; without it this
 * is some other JupyterLab, where nothing runs by itself. `notebook` is what the tile opens; `notebooks` has the digests of
 * those that came with the workbench, by their path: a notebook that has none of them was changed, and runs when asked to.
 * Its metadata say `publipostage.run_on_open`, and `publipostage.app` where its code is not shown. The shape of the file is that of a prebuilt extension: a container on
 * `window._JUPYTERLAB` that is handed the modules JupyterLab shares.
 */
import { OPEN_NOTEBOOK } from "./shared/lab";

export const NAME = "publipostage-workbench";
const WIDE = 1300;
const INBOX_SHARE = 0.32;
const PATIENCE = 4000;
const AGAIN_WITHIN = 120_000;
const AGAIN_MOST = 3;
/** For how long screens may still draw themselves once their cells have run. */
const DRAWING = 10_000;

/** An envelope before another one; JupyterLab colours it with its theme. */
const ICON =
  '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 24 24" width="16"><g class="jp-icon3" fill="#616161">' +
  '<path d="M2 10.2V20h14v-9.8l-7 5z"/><path d="M2.8 9 9 13.4 15.2 9z"/><path d="M6 4h16v11h-4V7H6z"/></g></svg>';

interface Setting {
  notebook: string;
  notebooks: Record<string, string[]>;
  words: { tile: string; category: string; inbox: string; sending: string; changed: string; run: string; restarted: string; run_again: string; returning: string };
}

interface Signal<Sender, Value> {
  connect(slot: (sender: Sender, value: Value) => void): void;
}

interface Kernel {
  status: string;
  requestExecute(content: object): { done: Promise<{ content: { user_expressions?: Record<string, Expression> } }> };
}

interface Expression {
  status: string;
  data?: Record<string, string>;
}

interface Widget {
  id: string;
  node: HTMLElement;
  title: { label: string; closable: boolean };
  parent: unknown;
  isDisposed: boolean;
  dispose(): void;
  disposed: Signal<unknown, void>;
}

interface Cell extends Widget {
  model: { type: string; getMetadata(name: string): unknown };
  cloneOutputArea?(): Widget;
}

interface Panel extends Widget {
  toolbar?: { hide(): void };
  content: { widgets: readonly Cell[] };
  context: {
    path: string;
    ready: Promise<void>;
    model: { getMetadata(name: string): unknown; toJSON(): Content };
    save(): Promise<void>;
  };
  sessionContext: {
    ready: Promise<void>;
    statusChanged: Signal<unknown, string>;
    session: { kernel: Kernel | null } | null;
    restartKernel(): Promise<void>;
  };
}

interface Content {
  cells: { cell_type: string; source: string | string[]; metadata: { tags?: unknown } }[];
}

interface Area {
  type: string;
  orientation?: string;
  children?: Area[];
  sizes?: number[];
}

interface Dock {
  saveLayout(): { main: Area | null };
  restoreLayout(layout: { main: Area | null }): void;
}

interface App {
  commands: { addCommand(id: string, options: object): void; execute(id: string, args?: object): Promise<unknown> };
  shell: { add(widget: Widget, area: string, options: object): void; collapseLeft?(): void; collapseRight?(): void };
  serviceManager: { contents: { get(path: string, options: object): Promise<unknown> } };
}

interface Launcher {
  add(tile: object): void;
}

interface Tracker {
  widgetAdded: Signal<unknown, Panel>;
}

interface Actions {
  /** Runs cells without going to them: who reads the top of the notebook stays there. */
  runCells(content: unknown, cells: readonly Cell[], session: unknown): Promise<boolean>;
}

/** What JupyterLab shares; a module that this page does not have is empty. */
interface Shared {
  notebook: { INotebookTracker?: unknown; NotebookActions?: Actions };
  launcher: { ILauncher?: unknown };
  apputils: {
    MainAreaWidget?: new (options: { content: Widget }) => Widget;
    Notification?: { info(message: string, options: object): string; dismiss(id: string): void };
  };
  components: { LabIcon?: new (options: { name: string; svgstr: string }) => unknown };
}

type Scope = Record<string, Record<string, { get(): Promise<() => unknown> }>>;

async function shared(scope: Scope, name: string): Promise<object> {
  const version = Object.values(scope[name] ?? {})[0];
  return version === undefined ? {} : ((await version.get())() as object);
}

/** Return what the page was told by the workbench, or nothing in any other JupyterLab. */
export function settingOf(page: Document): Setting | undefined {
  const told = page.getElementById("jupyter-config-data")?.textContent;
  const setting = told ? (JSON.parse(told) as { publipostage?: string }).publipostage : undefined;
  return setting === undefined ? undefined : (JSON.parse(setting) as Setting);
}

export function plugin(modules: Shared, setting: Setting | undefined): object {
  const { ILauncher, INotebookTracker } = { ...modules.launcher, ...modules.notebook };
  return {
    id: `${NAME}:plugin`,
    autoStart: true,
    optional: [ILauncher, INotebookTracker].filter((token) => token !== undefined),
    activate(app: App, ...given: unknown[]): void {
      const launcher = ILauncher === undefined ? null : (given.shift() as Launcher | null);
      const tracker = INotebookTracker === undefined ? null : (given.shift() as Tracker | null);
      if (setting === undefined) return;
      if (launcher) addTile(app, launcher, modules, setting);
      if (tracker) runWhatOpens(app, tracker, modules, setting);
      openWhatIsAsked(app);
    },
  };
}

function addTile(app: App, launcher: Launcher, { components }: Shared, { notebook, words }: Setting): void {
  const command = `${NAME}:open`;
  app.commands.addCommand(command, {
    label: words.tile,
    icon: components.LabIcon && new components.LabIcon({ name: `${NAME}:tile`, svgstr: ICON }),
    execute: () => app.commands.execute("docmanager:open", { path: notebook, factory: "Notebook" }),
  });
  launcher.add({ command, category: words.category, rank: 0 });
}

/** Open the notebooks of the workspace that a widget asks for. */
function openWhatIsAsked(app: App): void {
  document.addEventListener(OPEN_NOTEBOOK, (event) => {
    const path: unknown = (event as CustomEvent).detail;
    if (typeof path !== "string" || !path.endsWith(".ipynb")) return;
    event.preventDefault();
    void app.commands.execute("docmanager:open", { path, factory: "Notebook" });
  });
}

function runWhatOpens(app: App, tracker: Tracker, modules: Shared, setting: Setting): void {
  // A second view of an open notebook is no second opening.
  const opened = new WeakSet<object>();
  tracker.widgetAdded.connect((_tracker, panel) => {
    if (opened.has(panel.context)) return;
    opened.add(panel.context);
    void welcome(app, panel, modules, setting);
  });
}

/** Run our own notebook; one that somebody changed waits for a click, and one from elsewhere is nothing to us. */
async function welcome(app: App, panel: Panel, modules: Shared, setting: Setting): Promise<void> {
  const { context } = panel;
  await context.ready;
  const digests = Object.hasOwn(setting.notebooks, context.path) ? setting.notebooks[context.path] : undefined;
  const asked = context.model.getMetadata("publipostage");
  if (digests === undefined || !says(asked, "run_on_open")) return;
  const { changed, run: label } = setting.words;
  const begin = (): void => {
    const alone = says(asked, "app");
    if (alone) hideCode(app, panel);
    const ran = run(app, panel, modules, setting);
    if (alone) void ran.then(() => runAfterRestarts(panel, modules, setting));
  };
  if (digests.includes(await digestOf(context.model.toJSON()))) return begin();
  const notices = modules.apputils.Notification;
  const notice = notices?.info(changed, { autoClose: false, actions: [{ label, displayType: "accent", callback: begin }] });
  panel.disposed.connect(() => notice !== undefined && notices?.dismiss(notice));
}

/** Run every cell in a fresh kernel. */
async function run(app: App, panel: Panel, modules: Shared, { words }: Setting): Promise<void> {
  const { context, sessionContext } = panel;
  await sessionContext.ready;
  const kernel = sessionContext.session?.kernel;
  const actions = modules.notebook.NotebookActions;
  if (!kernel || !actions || panel.isDisposed) return;
  const state = await stateOf(kernel);
  if (state === "working") {
    // A kernel that sends, or is busy with something else, is never taken away.
    modules.apputils.Notification?.info(words.sending, { autoClose: false });
    return;
  }
  if (state === "used") await sessionContext.restartKernel();
  if (panel.isDisposed || !(await actions.runCells(panel.content, panel.content.widgets, sessionContext))) return;
  showInbox(app, panel, modules, words.inbox);
  await context.save();
}

/** Run the cells again where the kernel was restarted: who sees no code could not, and what they showed is dead. */
function runAfterRestarts(panel: Panel, { notebook, apputils }: Shared, { words }: Setting): void {
  const { sessionContext, content } = panel;
  const notices = apputils.Notification;
  let restarted = false;
  let ran: number[] = [];
  let notice: string | undefined;
  const again = (): void => {
    restarted = false;
    ran.push(Date.now());
    if (notice !== undefined) notices?.dismiss(notice);
    notice = undefined;
    const actions = notebook.NotebookActions;
    if (!panel.isDisposed && actions) void sayingSo(panel, words.returning, () => actions.runCells(content, content.widgets, sessionContext));
  };
  sessionContext.statusChanged.connect((_context, status) => {
    restarted ||= status === "restarting" || status === "autorestarting";
    if (!restarted || status !== "idle" || panel.isDisposed) return;
    ran = ran.filter((at) => Date.now() - at < AGAIN_WITHIN);
    if (ran.length < AGAIN_MOST) return again();
    // A kernel that ends again and again by what the cells do is left alone, until somebody asks.
    const actions = [{ label: words.run_again, displayType: "accent", callback: again }];
    restarted = false;
    if (notice !== undefined) notices?.dismiss(notice); // it may be gone by its cross, which nobody tells of
    notice = notices?.info(words.restarted, { autoClose: false, actions });
  });
  panel.disposed.connect(() => notice !== undefined && notices?.dismiss(notice));
}

/** Say on the empty page that its screens come back, while they do. */
async function sayingSo({ node }: Panel, sentence: string, again: () => Promise<boolean>): Promise<void> {
  const said = document.createElement("p");
  said.className = RETURNING;
  said.role = "status";
  said.textContent = sentence;
  node.querySelector(`:scope > .${RETURNING}`)?.remove();
  node.append(said);
  const ran = await again().catch(() => false);
  if (ran) await new Promise((resolve) => setTimeout(resolve, DRAWING));
  said.remove();
}

/** Return the SHA-256 of what a person can change in a notebook, reckoned as `digest` does in Python. */
export async function digestOf({ cells }: Content): Promise<string> {
  const told = cells.map(({ cell_type, source, metadata }) => [
    cell_type,
    typeof source === "string" ? source : source.join(""),
    metadata.tags ?? [],
  ]);
  const bytes = await crypto.subtle.digest("SHA-256", new TextEncoder().encode(JSON.stringify(told)));
  return [...new Uint8Array(bytes)].map((byte) => byte.toString(16).padStart(2, "0")).join("");
}

function says(metadata: unknown, name: "run_on_open" | "app"): boolean {
  return typeof metadata === "object" && metadata !== null && (metadata as Record<string, unknown>)[name] === true;
}

const APP = `${NAME}-app`;
const RETURNING = `${NAME}-returning`;
const LOOK = `
  .${RETURNING} { position: absolute; inset: 30% 0 auto; text-align: center; z-index: 1; color: var(--jp-ui-font-color2); }
  .${APP}:has(.pw) > .${RETURNING} { display: none; }
  .${APP} .jp-CodeCell .jp-Cell-inputWrapper, .${APP} .jp-Notebook-footer,
  .${APP} .jp-OutputPrompt, .${APP} .jp-OutputArea-promptOverlay, .${APP} .jp-Collapser, .${APP} .jp-cell-toolbar,
  .${APP} .jp-MarkdownCell { display: none; }
  .${APP} .jp-Notebook { padding: 4px 16px 16px; }
  .${APP} .jp-Notebook .jp-Cell, .${APP} .jp-OutputArea-output { padding: 0; overflow: visible; }
  .${APP} .jp-OutputArea, .${APP} .jp-OutputArea-child { overflow: visible; }
  .${APP} .jp-Notebook .jp-WindowedPanel-outer::after { display: none !important; }`;

/** Show what a notebook's cells show, and nothing of the notebook. */
function hideCode(app: App, panel: Panel): void {
  if (!document.getElementById(APP)) {
    const look = document.createElement("style");
    look.id = APP;
    look.textContent = LOOK;
    document.head.append(look);
  }
  panel.node.classList.add(APP);
  panel.toolbar?.hide();
  app.shell.collapseLeft?.();
  app.shell.collapseRight?.();
}

const COUNT = "get_ipython().execution_count";
const SENDING =
  "any(t.name in ('workbench-sender', 'workbench-dispatcher') for t in __import__('threading').enumerate())";

/** Tell whether a kernel has run nothing yet, has run something, or is at work and must be left alone. */
export async function stateOf(kernel: Kernel): Promise<"fresh" | "used" | "working"> {
  const asked = kernel.requestExecute({
    code: "",
    silent: true,
    store_history: false,
    user_expressions: { count: COUNT, sending: SENDING },
  });
  const waited = new Promise<undefined>((resolve) => setTimeout(() => resolve(undefined), PATIENCE));
  const answer = (await Promise.race([asked.done, waited]))?.content.user_expressions;
  const told = (name: string): string | undefined => answer?.[name]?.data?.["text/plain"];
  if (told("sending") !== "False") return "working";
  return told("count") === "1" ? "fresh" : "used";
}

/** Put what the cell tagged `inbox` shows beside the notebook, where there is room for both. */
function showInbox(app: App, panel: Panel, { apputils }: Shared, title: string): void {
  const cell = panel.content.widgets.find(tagged);
  if (!cell?.cloneOutputArea || !apputils.MainAreaWidget || window.innerWidth < WIDE) return;
  const content = cell.cloneOutputArea();
  content.node.style.padding = "8px";
  const view = new apputils.MainAreaWidget({ content });
  view.id = `${NAME}-inbox`;
  view.title.label = title;
  view.title.closable = true;
  panel.disposed.connect(() => view.dispose());
  app.shell.collapseLeft?.();
  app.shell.add(view, "main", { mode: "split-right", ref: panel.id, activate: false });
  narrow(view.parent as Dock | null);
}

function tagged(cell: Cell): boolean {
  const tags = cell.model.getMetadata("tags");
  return cell.model.type === "code" && Array.isArray(tags) && tags.includes("inbox");
}

function narrow(dock: Dock | null): void {
  const layout = dock?.saveLayout();
  if (!dock || layout?.main?.type !== "split-area" || layout.main.sizes?.length !== 2) return;
  layout.main.sizes = [1 - INBOX_SHARE, INBOX_SHARE];
  dock.restoreLayout(layout);
}

let scope: Scope = {};

const container = {
  init(given: Scope): void {
    scope = given;
  },
  async get(): Promise<() => object> {
    const [notebook, launcher, apputils, components] = await Promise.all(
      ["@jupyterlab/notebook", "@jupyterlab/launcher", "@jupyterlab/apputils", "@jupyterlab/ui-components"].map((name) =>
        shared(scope, name),
      ),
    );
    const made = plugin({ notebook, launcher, apputils, components } as Shared, settingOf(document));
    return () => ({ __esModule: true, default: made });
  },
};

declare global {
  interface Window {
    _JUPYTERLAB?: Record<string, object>;
  }
}
(window._JUPYTERLAB ??= {})[NAME] = container;
