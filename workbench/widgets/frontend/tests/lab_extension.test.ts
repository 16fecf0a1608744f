// @vitest-environment happy-dom
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { NAME, digestOf, plugin, settingOf, stateOf } from "../src/lab_extension";
import { openNotebook } from "../src/shared/lab";

const PATH = "notebooks/01_publipostage.ipynb";
const words = {
  tile: "Publipostage",
  category: "Cabinet",
  inbox: "Boîte de test",
  sending: "Encore en cours",
  changed: "Modifié",
  run: "Exécuter",
  restarted: "Redémarré",
  run_again: "Relancer",
  returning: "Les écrans reviennent…",
};
const shipped = notebookOf("desk");
const setting = { notebook: PATH, notebooks: { [PATH]: ["of another language", await digestOf(shipped)] }, words };

function notebookOf(...sources: (string | string[])[]) {
  return { cells: sources.map((source) => ({ cell_type: "code", source, metadata: {} })) };
}

class FakeSignal {
  private slots: ((sender: unknown, value: unknown) => void)[] = [];
  connect(slot: (sender: unknown, value: unknown) => void): void {
    this.slots.push(slot);
  }
  emit(value: unknown): void {
    for (const slot of this.slots) slot(null, value);
  }
}

const kernelThat = (count: string, sending: string) => ({
  status: "idle",
  requestExecute: vi.fn(() => ({
    done: Promise.resolve({
      content: {
        user_expressions: {
          count: { status: "ok", data: { "text/plain": count } },
          sending: { status: "ok", data: { "text/plain": sending } },
        },
      },
    }),
  })),
});

const clone = { node: document.createElement("div") };

function cell(tags: string[], type = "code") {
  return { model: { type, getMetadata: (name: string) => (name === "tags" ? tags : undefined) }, cloneOutputArea: vi.fn(() => clone) };
}

function panelAt(path: string, metadata: unknown, kernel: unknown = kernelThat("1", "False"), content: object = shipped) {
  return {
    id: "panel",
    isDisposed: false,
    disposed: new FakeSignal(),
    content: { widgets: [cell([], "markdown"), cell([]), cell(["inbox"])] },
    context: { path, ready: Promise.resolve(), model: { getMetadata: () => metadata, toJSON: () => content }, save: vi.fn(async () => undefined) },
    sessionContext: { ready: Promise.resolve(), statusChanged: new FakeSignal(), session: { kernel }, restartKernel: vi.fn(async () => undefined) },
  };
}

class Area {
  id = "";
  title = { label: "", closable: false };
  parent: unknown = null;
  dispose = vi.fn();
  constructor(readonly options: { content: unknown }) {}
}

function lab(told: typeof setting | null = setting, missing: string[] = []) {
  const dock = {
    layout: { main: { type: "split-area", sizes: [0.5, 0.5] } },
    saveLayout: () => dock.layout,
    restoreLayout: vi.fn(),
  };
  const added: Area[] = [];
  const commands = new Map<string, { label: string; execute(): unknown }>();
  const app = {
    commands: { addCommand: (id: string, options: never) => void commands.set(id, options), execute: vi.fn(async () => undefined) },
    shell: {
      add: vi.fn((view: Area) => {
        view.parent = dock;
        added.push(view);
      }),
      collapseLeft: vi.fn(),
    },
  };
  const runCells = vi.fn(async () => true);
  const info = vi.fn((_message: string, _options: { actions?: { label: string; callback(): void }[] }) => "notice");
  const dismiss = vi.fn();
  const launcher = { add: vi.fn() };
  const tracker = { widgetAdded: new FakeSignal() };
  const modules = {
    launcher: missing.includes("launcher") ? {} : { ILauncher: "ILauncher" },
    notebook: missing.includes("notebook") ? {} : { INotebookTracker: "INotebookTracker", NotebookActions: { runCells } },
    apputils: { MainAreaWidget: Area, Notification: { info, dismiss } },
    components: {},
  };
  const made = plugin(modules as never, told ?? undefined) as { optional: unknown[]; activate(...given: unknown[]): void };
  made.activate(app, ...made.optional.map((token) => (token === "ILauncher" ? launcher : tracker)));
  const open = async (panel: object) => {
    tracker.widgetAdded.emit(panel);
    await settled();
  };
  return { app, runCells, info, dismiss, launcher, open, commands, added, dock };
}

const reckoned = vi.spyOn(crypto.subtle, "digest");

/** Digests are reckoned outside the page's clock. */
async function settled(): Promise<void> {
  await vi.advanceTimersByTimeAsync(0);
  await Promise.all(reckoned.mock.results.map(({ value }) => value));
  await vi.advanceTimersByTimeAsync(5_000);
}

beforeEach(() => {
  vi.useFakeTimers();
  window.innerWidth = 1600;
});
afterEach(() => {
  vi.useRealTimers();
  document.body.replaceChildren();
});

test("a notebook of the workbench that asks for it shows what its cells show, and no code", async () => {
  const { open, runCells, app } = lab();
  const desk = { ...panelAt(PATH, { run_on_open: true, app: true }), node: document.createElement("div") };
  await open(desk);
  expect(runCells).toHaveBeenCalledOnce();
  expect(desk.node.className).toBe(`${NAME}-app`);
  expect(app.shell.collapseLeft).toHaveBeenCalled();
  expect(document.head.querySelectorAll(`#${NAME}-app`)).toHaveLength(1);
});

test("after a restart of the kernel a page without code shows its screens again, some times in a row, and a notebook with code waits", async () => {
  const { open, runCells, info, dismiss } = lab();
  const desk = { ...panelAt(PATH, { run_on_open: true, app: true }), node: document.createElement("div") };
  await open(desk);
  const tell = (...told: string[]) => told.forEach((status) => desk.sessionContext.statusChanged.emit(status));
  tell("busy", "idle");
  expect(runCells).toHaveBeenCalledTimes(1);
  tell("restarting", "starting", "idle", "busy", "idle");
  expect(runCells).toHaveBeenCalledTimes(2);
  tell("restarting", "starting", "idle", "busy", "idle"); // by somebody's hand, once more
  tell("restarting", "starting", "idle", "busy", "idle");
  expect([runCells.mock.calls.length, info.mock.calls.length]).toEqual([4, 0]);
  tell("autorestarting", "idle", "busy", "idle"); // it ends again and again, by what the cells do
  expect(runCells).toHaveBeenCalledTimes(4);
  expect(info).toHaveBeenCalledOnce();
  const [message, { actions }] = info.mock.calls[0]!;
  expect([message, actions?.map(({ label }) => label)]).toEqual(["Redémarré", ["Relancer"]]);
  actions?.[0]?.callback();
  expect(runCells).toHaveBeenCalledTimes(5);
  expect(dismiss).toHaveBeenCalledExactlyOnceWith("notice");
  tell("busy", "idle");
  expect(runCells).toHaveBeenCalledTimes(5);
  tell("restarting", "idle");
  expect(info).toHaveBeenCalledTimes(2);
  tell("busy", "idle"); // what somebody did by hand is no restart
  expect(info).toHaveBeenCalledTimes(2);
  tell("restarting", "idle"); // the notice before was closed by its cross, maybe
  expect(info).toHaveBeenCalledTimes(3);
  expect(dismiss).toHaveBeenCalledTimes(2);
  vi.advanceTimersByTime(130_000);
  tell("busy", "idle");
  expect(runCells).toHaveBeenCalledTimes(5);
  tell("restarting", "idle");
  expect(runCells).toHaveBeenCalledTimes(6);
  expect(dismiss).toHaveBeenCalledTimes(3);
  const guide = panelAt(PATH, { run_on_open: true });
  await open(guide);
  runCells.mockClear();
  guide.sessionContext.statusChanged.emit("restarting");
  guide.sessionContext.statusChanged.emit("idle");
  expect(runCells).not.toHaveBeenCalled();
});

test("while the screens come back, the empty page says so", async () => {
  const { open, runCells } = lab();
  const desk = { ...panelAt(PATH, { run_on_open: true, app: true }), node: document.createElement("div") };
  await open(desk);
  const said = () => [...desk.node.querySelectorAll("[role=status]")].map((one) => one.textContent);
  expect(said()).toEqual([]);
  const restart = () => ["restarting", "idle"].forEach((status) => desk.sessionContext.statusChanged.emit(status));
  let ran = (_all: boolean): void => undefined;
  runCells.mockImplementation(() => new Promise((resolve) => (ran = resolve)));
  restart();
  await settled();
  expect(said()).toEqual(["Les écrans reviennent…"]);
  restart();
  expect(said()).toHaveLength(1);
  ran(true);
  await vi.advanceTimersByTimeAsync(10_000);
  expect(said()).toEqual([]);
  restart();
  ran(false); // a cell failed: what it says is to be read
  await settled();
  expect(said()).toEqual([]);
});

test("the code of a notebook from elsewhere is never hidden", async () => {
  const { open, runCells } = lab();
  const foreign = { ...panelAt("notebooks/ailleurs.ipynb", { run_on_open: true, app: true }), node: document.createElement("div") };
  const changed = { ...panelAt(PATH, { run_on_open: true, app: true }, undefined, notebookOf("evil()")), node: document.createElement("div") };
  await open(foreign);
  await open(changed);
  expect(runCells).not.toHaveBeenCalled();
  expect([foreign.node.className, changed.node.className]).toEqual(["", ""]);
});

test("the launcher gets a tile that opens the first notebook", () => {
  const { launcher, commands, app } = lab();
  expect(launcher.add).toHaveBeenCalledWith({ command: `${NAME}:open`, category: "Cabinet", rank: 0 });
  const command = commands.get(`${NAME}:open`);
  expect(command?.label).toBe("Publipostage");
  command?.execute();
  expect(app.commands.execute).toHaveBeenCalledWith("docmanager:open", { path: PATH, factory: "Notebook" });
});

test("the first notebook runs in its fresh kernel and is saved", async () => {
  const { open, runCells } = lab();
  const panel = panelAt(PATH, { run_on_open: true });
  await open(panel);
  expect(runCells).toHaveBeenCalledExactlyOnceWith(panel.content, panel.content.widgets, panel.sessionContext);
  expect(panel.sessionContext.restartKernel).not.toHaveBeenCalled();
  expect(panel.context.save).toHaveBeenCalledOnce();
});

test("a kernel left over is restarted first", async () => {
  const { open, runCells } = lab();
  const panel = panelAt(PATH, { run_on_open: true }, kernelThat("9", "False"));
  await open(panel);
  expect(panel.sessionContext.restartKernel).toHaveBeenCalledOnce();
  expect(runCells).toHaveBeenCalledOnce();
});

test.each([
  ["that sends", kernelThat("9", "True")],
  ["that cannot tell", { requestExecute: () => ({ done: Promise.resolve({ content: {} }) }) }],
  ["that is too busy to answer", { requestExecute: () => ({ done: new Promise(() => undefined) }) }],
])("a kernel %s is left alone, and that is said", async (_name, kernel) => {
  const { open, runCells, info } = lab();
  const panel = panelAt(PATH, { run_on_open: true }, kernel);
  await open(panel);
  expect(panel.sessionContext.restartKernel).not.toHaveBeenCalled();
  expect(runCells).not.toHaveBeenCalled();
  expect(info).toHaveBeenCalledExactlyOnceWith("Encore en cours", { autoClose: false });
});

test.each([
  ["another path", "notebooks/other/01_publipostage.ipynb", { run_on_open: true }],
  ["a notebook from elsewhere", "Downloads/x.ipynb", { run_on_open: true }],
  ["no wish to be run", PATH, undefined],
  ["a wish that is no yes", PATH, { run_on_open: "yes" }],
])("%s never runs", async (_name, path, metadata) => {
  const { open, runCells } = lab();
  const panel = panelAt(path, metadata);
  await open(panel);
  expect(runCells).not.toHaveBeenCalled();
  expect(panel.sessionContext.restartKernel).not.toHaveBeenCalled();
});

test("a notebook that somebody changed runs when asked to, and not before", async () => {
  const { open, runCells, info, dismiss } = lab();
  const panel = panelAt(PATH, { run_on_open: true }, kernelThat("9", "False"), notebookOf("desk", "import os"));
  await open(panel);
  expect(runCells).not.toHaveBeenCalled();
  expect(panel.sessionContext.restartKernel).not.toHaveBeenCalled();
  expect(info).toHaveBeenCalledOnce();
  const [message, { actions }] = info.mock.calls[0]!;
  expect([message, actions?.map(({ label }) => label)]).toEqual(["Modifié", ["Exécuter"]]);
  actions?.[0]?.callback();
  await settled();
  expect(runCells).toHaveBeenCalledOnce();
  panel.disposed.emit(undefined);
  expect(dismiss).toHaveBeenCalledExactlyOnceWith("notice");
});

test.each([
  ["source", notebookOf("desk "), false],
  ["number of cells", notebookOf("desk", ""), false],
  ["kind", { cells: [{ ...notebookOf("desk").cells[0], cell_type: "markdown" }] }, false],
  ["tags", { cells: [{ ...notebookOf("desk").cells[0], metadata: { tags: ["inbox"] } }] }, false],
  ["outputs and lines", { cells: [{ ...notebookOf(["de", "sk"]).cells[0], outputs: [1], execution_count: 3 }] }, true],
])("another %s of a cell is told from a run", async (_name, content, same) => {
  expect((await digestOf(content as never)) === (await digestOf(shipped))).toBe(same);
});

test("the digest of a notebook is the one that is reckoned in Python", async () => {
  const [code, text] = notebookOf("a = 'é\u2028 « \x7f\x00\x1f\t»'", "# T").cells;
  expect(await digestOf({ cells: [code!, { ...text!, cell_type: "markdown" }] })).toBe("04ac8c2e274b29f491befdb2e789c40c5ab0cfc16e7474bcb9ebe063476a5a91");
});

test("a JupyterLab that the workbench has not opened gets no tile and runs nothing", async () => {
  const { open, runCells, launcher } = lab(null);
  expect(launcher.add).not.toHaveBeenCalled();
  await open(panelAt(PATH, { run_on_open: true }));
  expect(runCells).not.toHaveBeenCalled();
});

test("a second view of the open notebook does not run it again", async () => {
  const { open, runCells } = lab();
  const panel = panelAt(PATH, { run_on_open: true });
  await open(panel);
  await open({ ...panelAt(PATH, { run_on_open: true }), context: panel.context });
  expect(runCells).toHaveBeenCalledOnce();
});

test("opened again after it was closed, it runs again", async () => {
  const { open, runCells } = lab();
  await open(panelAt(PATH, { run_on_open: true }));
  await open(panelAt(PATH, { run_on_open: true }, kernelThat("9", "False")));
  expect(runCells).toHaveBeenCalledTimes(2);
});

test("the mailbox lies to the right, narrower, and goes with its notebook", async () => {
  const { open, app, added, dock } = lab();
  const panel = panelAt(PATH, { run_on_open: true });
  await open(panel);
  expect(app.shell.collapseLeft).toHaveBeenCalledOnce();
  expect(app.shell.add).toHaveBeenCalledExactlyOnceWith(added[0], "main", { mode: "split-right", ref: "panel", activate: false });
  expect(added[0]?.title).toEqual({ label: "Boîte de test", closable: true });
  expect(added[0]?.options.content).toBe(clone);
  const sizes = (dock.restoreLayout.mock.calls[0]?.[0] as { main: { sizes: number[] } }).main.sizes;
  expect(sizes[0]).toBeGreaterThan(sizes[1] as number);
  panel.disposed.emit(undefined);
  expect(added[0]?.dispose).toHaveBeenCalledOnce();
});

test("a narrow window keeps the notebook alone", async () => {
  window.innerWidth = 1200;
  const { open, app, runCells } = lab();
  await open(panelAt(PATH, { run_on_open: true }));
  expect(runCells).toHaveBeenCalledOnce();
  expect(app.shell.add).not.toHaveBeenCalled();
  expect(app.shell.collapseLeft).not.toHaveBeenCalled();
});

test("a page without a launcher or without notebooks is no fault", () => {
  expect(() => lab(setting, ["launcher"])).not.toThrow();
  expect(() => lab(setting, ["notebook"])).not.toThrow();
});

test("the setting is read from the page, and only from there", () => {
  expect(settingOf(document)).toBeUndefined();
  const told = document.createElement("script");
  told.id = "jupyter-config-data";
  told.type = "application/json";
  told.textContent = JSON.stringify({ baseUrl: "/", publipostage: JSON.stringify(setting) });
  document.body.append(told);
  expect(settingOf(document)).toEqual(setting);
  told.textContent = JSON.stringify({ baseUrl: "/" });
  expect(settingOf(document)).toBeUndefined();
});

test("what JupyterLab is handed is one plugin, made of the modules it shares", async () => {
  const container = window._JUPYTERLAB?.[NAME] as { init(scope: object): void; get(name: string): Promise<() => { default: { id: string; optional: unknown[] } }> };
  const module = (exported: object) => ({ "1.0.0": { get: async () => () => exported } });
  container.init({ "@jupyterlab/notebook": module({ INotebookTracker: "tracker" }) });
  const made = (await container.get("./extension"))().default;
  expect(made.id).toBe(`${NAME}:plugin`);
  expect(made.optional).toEqual(["tracker"]);
});

test("a kernel says by itself in which state it is", async () => {
  expect(await stateOf(kernelThat("1", "False") as never)).toBe("fresh");
  expect(await stateOf(kernelThat("2", "False") as never)).toBe("used");
  expect(await stateOf(kernelThat("1", "True") as never)).toBe("working");
});

test("a notebook that a widget asks for is opened, and nothing else", () => {
  const { app } = lab();
  expect(openNotebook("runs/a.ipynb")).toBe(true);
  expect(app.commands.execute).toHaveBeenCalledWith("docmanager:open", { path: "runs/a.ipynb", factory: "Notebook" });
  expect(openNotebook("runs/a.html")).toBe(false);
});
