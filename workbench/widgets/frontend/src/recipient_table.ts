/**
 * The recipient table.
 *
 * Asks Python for everything it shows: `start` (columns, what was asked last, the ticks), `rows` (a page of a view),
 * `prepare` (a search is near), `where` (a row's place in a view), `file` (of a row's patient). Reports gestures: `tick`,
 * `active`, `hide`, `correct`, `opt_out`, `complete`, `patient` (go to their page), `hand` (have a file made). Hears
 * `shown` (other rows), `addressed`, `ticks`, `active` and `handed` (the file that was made). Python searches, filters and sorts; loaded pages, places scrolled to
 * and addresses being typed are known here alone.
 *
 * Each answer about rows carries `order`, a name for the rows that are shown and their order. What is ticked by place
 * (a range, all that is shown) is asked for with it: Python ticks the rows the person saw, or none (`late`).
 */
import { createGrid, type GridApi, type IDatasource, type IGetRowsParams } from "ag-grid-community";
import type { Around, Edit } from "./recipient_table/cells";
import { ADDRESS, type Asked, columnDefs, defaultColDef, gridOptions, HEAD_HEIGHT, OPT_OUT, ROW_HEIGHT, type ShownColumn, TICK } from "./recipient_table/grid";
import { FilePanel, type PatientFile } from "./recipient_table/file_panel";
import { CountLine, type Piece } from "./recipient_table/line";
import { readPage, type Row, Ticks } from "./recipient_table/rows";
import { menu, TakeOut } from "./recipient_table/take_out";
import { download } from "./shared/files";
import { element, hear, Questions, rootOf, type Scene, sentenceOf, words } from "./shared/widget";

interface Counts {
  rows: number;
  filtered: number;
  ticked: number;
  ticked_outside_filter: number;
}

interface Start {
  generation: number;
  columns: ShownColumn[];
  receiver: string;
  rows: number;
  asked: Asked;
  active: number;
  can_correct: boolean;
  can_opt_out: boolean;
  can_complete?: boolean;
  can_hand?: boolean;
  can_go?: boolean;
}

/** A table of fewer pixels than this gives addresses less room. */
const NARROW = 900;
const FEWEST_ROWS = 6;
const MOST_ROWS = 14;
const TYPING_MS = 120;
/** How long rows that are shown anew may take, for the keyboard to come back to where it was. */
const BACK_MS = 4000;

function render(scene: Scene): () => void {
  const { model } = scene;
  const word = words(model);
  const root = rootOf(scene, "recipient-table");
  const questions = new Questions(model, (silent) => {
    silence.textContent = silent ? word("silent") : "";
    silence.hidden = !silent;
  });
  const ticks = new Ticks();
  const edits = new Map<number, Edit>();

  let now: Start | undefined;
  let asked: Asked = { search: "", filters: {}, sort: [], problems: false, to_phone: false, hidden: [] };
  let counts: Counts = { rows: 0, filtered: 0, ticked: 0, ticked_outside_filter: 0 };
  let active = -1;
  let api: GridApi<Row> | undefined;
  /** Own gestures that Python has not confirmed yet: until then what it tells of ticks is older than what is shown. */
  let ticking = 0;
  /** Where a range begins: the row ticked last, until other rows are asked for. */
  let anchor: number | undefined;
  /** The rows shown and their order, as the newest answer names them; nothing while they are asked for. */
  let order = "";
  let drawTickShown = (): void => undefined;
  let typing: ReturnType<typeof setTimeout> | undefined;

  // --- what stands around the rows -------------------------------------------------------------------

  const line = new CountLine(word, () => ask({ problems: !asked.problems, to_phone: false }), onlyToPhone);
  const box = element("input", {
    type: "search", class: "pw-input pw-table-search", placeholder: word("search_example"), "aria-label": word("search"), autocomplete: "off", spellcheck: "false",
  });
  const clear = element("button", { type: "button", class: "pw-button pw-quiet pw-clear", hidden: true, "aria-label": word("clear"), title: word("clear") }, word("clear_short"));
  const silence = element("p", { class: "pw-alert pw-waits", role: "alert", hidden: true });
  const refusal = element("p", { class: "pw-alert", role: "alert", hidden: true });
  const empty = element("p", { class: "pw-table-empty pw-note", role: "status", hidden: true });
  const host = element("div", { class: "pw-table-host", role: "region", "aria-label": word("table") });
  const none = element("button", { type: "button", class: "pw-button pw-quiet", title: word("none_title") }, word("none"));
  const all = element("button", { type: "button", class: "pw-button pw-quiet", title: word("tick_shown") }, word("all"));
  const choices = element("div", { class: "pw-column-choices" });
  const chooser = menu(word("columns"), choices);
  const takeOut = new TakeOut({ word, hand });
  const notice = element("p", { class: "pw-note pw-table-notice", role: "status", "aria-live": "polite" });
  /** The row whose file is open, to go back to. */
  let opened: Row | undefined;
  /** Where the keyboard was, while the rows are shown anew. */
  let back: { place: number; until: number; generation: number } | undefined;
  const panel = new FilePanel({
    word,
    canGo: () => now?.can_go ?? false,
    go: (patientId) => void gesture("patient", { patient_id: patientId }),
    closed: backToRow,
    async save(patientId, changed) {
      const of = opened; // another row's file may be open by the answer
      const question = { generation: now?.generation, patient_id: patientId, values: changed };
      const refused = await questions.ask("complete", question).then(({ message }) => (message["late"] ? word("moved") : ""), sentenceOf);
      if (!refused) {
        notify(word("saved_file", { who: of ? around.who(of) : "" }));
        api?.refreshInfiniteCache();
      }
      return refused;
    },
  });
  root.append(
    element("div", { class: "pw-row pw-table-head" }, line.root, element("span", { class: "pw-grow" }), clear, box),
    silence,
    refusal,
    element("div", { class: "pw-table-body" }, host, empty),
    element("div", { class: "pw-row pw-table-foot" }, element("span", { class: "pw-note" }, word("selection")), none, all, chooser, ...takeOut.parts, notice),
    panel.root,
  );

  box.addEventListener("input", () => {
    clearTimeout(typing);
    typing = setTimeout(() => ask({ search: box.value }), TYPING_MS);
  });
  // Whoever goes to the box will search: Python reads the rows for it while the first letters are typed.
  box.addEventListener("focus", () => void gesture("prepare", {}));
  clear.addEventListener("click", () => {
    box.value = "";
    box.focus();
    api?.setFilterModel(null);
    ask({ search: "", problems: false, to_phone: false });
  });
  none.addEventListener("click", () => tick({ on: false }));
  all.addEventListener("click", () => tickShown(true));
  chooser.addEventListener("toggle", offerColumns);

  function tell(message: Record<string, unknown>): void {
    if (!message["counts"]) return;
    counts = message["counts"] as Counts;
    line.show(message["line"] as Piece[], asked);
    clear.hidden = !asked.problems && !asked.to_phone && asked.search.trim() === "" && Object.keys(asked.filters).length === 0;
    empty.hidden = counts.filtered > 0;
    empty.textContent = word(counts.rows === 0 ? "empty" : "nothing_found");
    drawTicks();
  }

  /** Ask, and say what was refused. Gives whether it went well. */
  async function gesture(kind: string, question: Record<string, unknown>): Promise<boolean> {
    try {
      const { message } = await questions.ask(kind, { generation: now?.generation, ...question });
      refuse(message["late"] ? word("moved") : "");
      return !message["late"];
    } catch (refused) {
      refuse(sentenceOf(refused));
      return false;
    }
  }

  function refuse(sentence: string): void {
    refusal.textContent = sentence && `✕ ${sentence}`;
    refusal.hidden = sentence === "";
  }

  /** Say what was done, with a way back where there is one; the next thing done takes its place. */
  function notify(sentence: string, undo?: () => void): void {
    notice.replaceChildren(sentence);
    if (!undo) return;
    const button = element("button", { type: "button", class: "pw-button pw-quiet pw-undo" }, word("undo"));
    button.addEventListener("click", () => {
      notify("");
      undo();
    });
    notice.append(" ", button);
  }

  async function hand(what: string, remark: boolean): Promise<void> {
    notify(word("handing"));
    if (!(await gesture("hand", { what, remark }))) notify("");
  }

  // --- the file of a row's patient -------------------------------------------------------------------

  async function openFile(row: Row, focus = true): Promise<void> {
    const answered = await questions.ask("file", { generation: now?.generation, row: row.row }).catch((refused: unknown) => refuse(sentenceOf(refused)));
    if (!answered || answered.message["late"]) return;
    refuse("");
    opened = row;
    panel.show(String(answered.message["patient_id"]), answered.message["file"] as PatientFile, focus, row.problem !== "");
    // As far as it must be, so that the row above it stays in sight.
    panel.root.scrollIntoView?.({ block: "nearest" });
  }

  /** The row of this place as it was loaded; one that was not is known by its place alone. */
  function loaded(row: number): Row {
    let found: Row | undefined;
    api?.forEachNode(({ data }) => {
      if (data?.row === row) found = data;
    });
    const nothing = { order: "", cells: [], address: "", receiver: "", problem: "", hint: "", suggestion: "", excluded: "", detail: "" };
    return found ?? { row, ...nothing, known: false, opted_out: false, by_file: false, nowhere: false };
  }

  function backToRow(): void {
    let place: number | null | undefined;
    api?.forEachNode((node) => {
      if (opened && node.data?.row === opened.row) place = node.rowIndex;
    });
    if (place === null || place === undefined || !now) return box.focus();
    api?.ensureIndexVisible(place);
    api?.setFocusedCell(place, now.receiver || ADDRESS);
    back = { place, until: Date.now() + BACK_MS, generation: now.generation };
  }

  /** The rows were shown anew, as a file was completed: the keyboard is where it was, unless somebody went elsewhere. */
  function comeBack(): void {
    const focused = document.activeElement;
    const lost = !focused || focused === document.body || !root.contains(focused) || host.contains(focused);
    if (back && Date.now() < back.until && now && lost && !focused?.matches("input, select, textarea")) api?.setFocusedCell(back.place, now.receiver || ADDRESS);
    back = undefined;
  }

  // --- what is asked of the rows ---------------------------------------------------------------------

  /** Change what the table shows, from its beginning. */
  function ask(change: Partial<Asked>): void {
    asked = { ...asked, ...change };
    forget();
    api?.purgeInfiniteCache();
    if (counts.filtered > 0) api?.ensureIndexVisible(0, "top");
  }

  /** Show only who is to telephone, with their numbers in sight; and all again. */
  function onlyToPhone(): void {
    const on = !asked.to_phone;
    ask({ to_phone: on, problems: false });
    const numbers = ["phone", "mobile", "call_phone", "call_mobile"].filter((name) => asked.hidden.includes(name));
    api?.setColumnsVisible(numbers.slice(0, 1), on);
  }

  /** Forget what was shown: no range begins in it, and nobody ticks all of it. */
  function forget(): void {
    anchor = undefined;
    order = "";
  }

  const source: IDatasource = {
    async getRows(params: IGetRowsParams): Promise<void> {
      const filters = Object.entries(params.filterModel as Record<string, { filter?: string }>);
      const wanted: Asked = {
        ...asked,
        filters: Object.fromEntries(filters.map(([name, model]) => [name, model.filter ?? ""])),
        sort: params.sortModel.map(({ colId, sort }) => [colId, sort === "desc"]),
      };
      if (JSON.stringify(wanted) !== JSON.stringify(asked)) forget();
      asked = wanted;
      const generation = now?.generation;
      const answered = await questions
        .ask("rows", { generation, start: params.startRow, end: params.endRow, asked })
        .catch((refused: unknown) => refuse(sentenceOf(refused)));
      if (!answered || answered.message["late"] || generation !== now?.generation) return params.failCallback();
      const { message, buffers } = answered;
      if (JSON.stringify(wanted) === JSON.stringify(asked)) order = String(message["order"]);
      const page = readPage(buffers[0], String(message["order"]));
      for (const { row } of page) if (edits.get(row)?.saved) edits.delete(row);
      params.successCallback(page, message["total"] as number);
      tell(message);
      drawCells([ADDRESS, OPT_OUT]);
      if (back && back.generation !== generation) comeBack();
    },
  };

  // --- ticks and the active row ----------------------------------------------------------------------

  async function tick(question: Record<string, unknown>): Promise<void> {
    ticking += 1;
    const done = await gesture("tick", question);
    ticking -= 1;
    if (!done && ticking === 0) await showTruth();
  }

  /** A gesture that was not done: show the rows and the ticks as they are. */
  async function showTruth(): Promise<void> {
    const generation = now?.generation;
    const answered = await questions.ask("start").catch((refused: unknown) => refuse(sentenceOf(refused)));
    if (!answered || answered.message["generation"] !== generation || ticking > 0) return;
    ticks.read(answered.buffers[0]);
    tell(answered.message);
    api?.refreshInfiniteCache();
  }

  function tickShown(on: boolean): void {
    void tick({ on, asked, order: evenly(order) ? order : "" });
  }

  /** Whether all rows in sight are of one order: while addresses arrive, some may still be of the one before. */
  function evenly(named: string): boolean {
    return api?.getRenderedNodes().every(({ data }) => !data || data.order === named) ?? false;
  }

  function drawTicks(): void {
    drawCells([TICK]);
    drawTickShown();
  }

  function drawCells(columns: string[]): void {
    api?.refreshCells({ columns, force: true, suppressFlash: true });
  }

  function tickRow(row: Row, on: boolean, range: boolean): void {
    if (range && anchor !== undefined) void tick({ from: anchor, to: row.row, on, asked, order: evenly(row.order) ? row.order : "" });
    else {
      ticks.set(row.row, on);
      drawCells([TICK]);
      void tick({ row: row.row, on });
    }
    anchor = row.row;
  }

  function activate(row: Row): void {
    showActive(row.row);
    void gesture("active", { row: row.row });
  }

  function showActive(row: number): void {
    active = row;
    for (const shown of host.querySelectorAll<HTMLElement>(".ag-row")) markActive(shown);
  }

  function markActive(shown: HTMLElement): void {
    const is = active >= 0 && shown.getAttribute("row-id") === rowId(active);
    shown.classList.toggle("pw-active-row", is);
    if (is) shown.setAttribute("aria-current", "true");
    else shown.removeAttribute("aria-current");
  }

  const rowId = (row: number): string => `${now?.generation ?? 0}:${row}`;

  /** Bring the active row into sight, wherever the view has it. */
  async function reveal(): Promise<void> {
    if (active < 0) return;
    const answered = await questions.ask("where", { generation: now?.generation, row: active, asked }).catch((refused: unknown) => refuse(sentenceOf(refused)));
    const place = answered?.message["place"];
    if (typeof place === "number" && place >= 0) api?.ensureIndexVisible(place);
  }

  // --- corrections and opt-outs ----------------------------------------------------------------------

  function drawRow(place: number): void {
    const node = api?.getDisplayedRowAtIndex(place);
    if (node) api?.refreshCells({ rowNodes: [node], columns: [ADDRESS], force: true, suppressFlash: true });
  }

  const around: Around = {
    word,
    ticked: (row) => ticks.has(row),
    tickedShown: () => {
      const shown = counts.ticked - counts.ticked_outside_filter;
      return shown === 0 ? "none" : shown === counts.filtered ? "all" : "some";
    },
    tick: tickRow,
    drawsTickShown: (draw) => {
      drawTickShown = draw;
    },
    tickShown,
    who: (row) => row.cells[Math.max(0, now?.columns.findIndex(({ name }) => name === now?.receiver) ?? 0)] ?? "",
    edits,
    canCorrect: () => now?.can_correct ?? false,
    canMend: (row) => (row.by_file ? around.canComplete() : !row.nowhere && around.canCorrect()),
    canOptOut: () => now?.can_opt_out ?? false,
    edit(row, place) {
      if (!row.known || !around.canMend(row)) return;
      if (row.by_file) return around.open(row);
      const before = edits.get(row.row);
      edits.set(row.row, before ? { ...before, focus: true } : { text: row.address, error: "", saving: false, saved: false, focus: true });
      drawRow(place);
    },
    async save(row, place) {
      const edit = edits.get(row.row);
      if (!edit || edit.saving) return;
      edit.saving = true;
      drawRow(place);
      const question = { generation: now?.generation, row: row.row, address: edit.text };
      edit.error = await questions.ask("correct", question).then(({ message }) => (message["late"] ? word("moved") : ""), sentenceOf);
      edit.saving = false;
      if (edit.error) edit.focus = true;
      else {
        // The field goes when the row comes back as it is now.
        edit.saved = true;
        api?.refreshInfiniteCache();
        api?.setFocusedCell(place, ADDRESS);
      }
      drawRow(place);
    },
    giveUp(row, place) {
      edits.delete(row.row);
      drawRow(place);
      api?.setFocusedCell(place, ADDRESS);
    },
    async putRight(row, place) {
      const [before, after] = [row.address, row.suggestion];
      const write = async (address: string): Promise<boolean> => {
        const done = await gesture("correct", { row: row.row, address });
        if (done) api?.refreshInfiniteCache();
        return done;
      };
      if (!(await write(after))) return;
      notify(word("was_put_right", { before, after }), () => void write(before));
      api?.setFocusedCell(place, ADDRESS);
    },
    canComplete: () => now?.can_complete ?? false,
    open: (row) => void openFile(row),
    async optOut(row, on) {
      if (await gesture("opt_out", { row: row.row, on })) api?.refreshInfiniteCache();
    },
  };

  // --- the grid --------------------------------------------------------------------------------------

  function build(start: Start): void {
    api?.destroy();
    host.style.height = `${HEAD_HEIGHT + ROW_HEIGHT * Math.min(MOST_ROWS, Math.max(FEWEST_ROWS, start.rows)) + 18}px`;
    api = createGrid<Row>(host, {
      ...gridOptions(String(model.get("language") ?? "")),
      defaultColDef,
      columnDefs: columnDefs(start.columns, start.receiver, asked, around, host.clientWidth < NARROW),
      infiniteInitialRowCount: start.rows,
      getRowId: ({ data }) => rowId(data.row),
      onCellClicked: ({ data, colDef, rowIndex, event }) => {
        if (!data || rowIndex === null || (event?.target as HTMLElement).closest("button, input")) return;
        if (colDef.colId === TICK) tickRow(data, !ticks.has(data.row), (event as MouseEvent).shiftKey);
        else activate(data);
      },
      onCellDoubleClicked: ({ data, colDef, rowIndex }) => {
        if (!data || rowIndex === null) return;
        if (colDef.colId === ADDRESS) around.edit(data, rowIndex);
        else if (colDef.colId !== TICK && colDef.colId !== OPT_OUT && around.canComplete()) around.open(data);
      },
      onCellKeyDown: ({ data, rowIndex, event, ...cell }) => {
        const pressed = event as KeyboardEvent;
        const within = (pressed.target as HTMLElement).closest("button, input");
        // A box that was clicked has the focus: its own keys stay its own, F2 is about the row.
        if (!data || rowIndex === null || (within && (pressed.key !== "F2" || within.matches(".pw-edit")))) return;
        if (pressed.ctrlKey || pressed.metaKey || pressed.altKey) return;
        const column = "colDef" in cell ? cell.colDef.colId : undefined;
        const toCorrect = column === ADDRESS || (column === TICK && (data.problem !== "" || !around.canComplete()));
        if (pressed.key === " ") tickRow(data, !ticks.has(data.row), pressed.shiftKey);
        else if (pressed.key === "F2" && toCorrect) around.edit(data, rowIndex);
        else if (pressed.key === "Enter" && column === ADDRESS) around.edit(data, rowIndex);
        else if (pressed.key === "F2" && around.canComplete()) around.open(data);
        else if (pressed.key === "Enter" && column === OPT_OUT) (pressed.target as HTMLElement).querySelector("button")?.click();
        else if (pressed.key === "Enter") activate(data);
        else return;
        pressed.preventDefault();
      },
    });
    const filters = Object.entries(asked.filters).map(([name, filter]) => [name, { filterType: "text", type: "contains", filter }]);
    if (filters.length > 0) api.setFilterModel(Object.fromEntries(filters));
    api.setGridOption("datasource", source);
    chooser.open = false;
    takeOut.offer(start.can_hand ?? false);
  }

  function offerColumns(): void {
    choices.replaceChildren(
      ...(chooser.open && now ? now.columns : []).map(({ name, label }) => {
        const shown = element("input", { type: "checkbox" });
        shown.checked = !asked.hidden.includes(name);
        shown.addEventListener("change", () => {
          api?.setColumnsVisible([name], shown.checked);
          asked = { ...asked, hidden: shown.checked ? asked.hidden.filter((hidden) => hidden !== name) : [...asked.hidden, name] };
          void gesture("hide", { asked, column: name, hidden: !shown.checked });
        });
        return element("label", { class: "pw-column-choice" }, shown, label);
      }),
    );
  }

  async function start(): Promise<void> {
    const answered = await questions.ask("start").catch((refused: unknown) => refuse(sentenceOf(refused)));
    if (!answered) return;
    const { message, buffers } = answered;
    now = message as unknown as Start;
    asked = now.asked;
    active = now.active;
    box.value = asked.search;
    edits.clear();
    opened = undefined;
    forget();
    ticks.read(buffers[0]);
    build(now);
    tell(message);
    void reveal();
  }

  // New rows drawn while scrolling are marked as they come.
  const marking = new MutationObserver((changes) => {
    for (const { addedNodes } of changes)
      for (const added of addedNodes) if (added instanceof HTMLElement && added.classList.contains("ag-row")) markActive(added);
  });
  marking.observe(host, { childList: true, subtree: true });

  const stop = hear(model, (message, buffers) => {
    if (message.kind === "shown") void start();
    if (message.kind === "handed" && message["view"] === questions.view) handed(message, buffers);
    if (message["generation"] !== undefined && message["generation"] !== now?.generation) return;
    if (message.kind === "ticks") {
      if (message["view"] !== questions.view || ticking <= 1) ticks.read(buffers[0]);
      tell(message);
    } else if (message.kind === "addressed") {
      tell(message);
      api?.refreshInfiniteCache();
    } else if (message.kind === "open") {
      void openFile(loaded(message["row"] as number));
    } else if (message.kind === "active" && message["row"] !== active) {
      showActive(message["row"] as number);
      void reveal();
    }
  });

  function handed(message: Record<string, unknown>, [content]: DataView[]): void {
    const error = message["error"];
    refuse(typeof error === "string" ? error : "");
    notify(typeof error === "string" ? "" : String(message["said"] ?? ""));
    if (typeof error === "string" || !content) return;
    download(String(message["name"]), new Uint8Array(content.buffer as ArrayBuffer, content.byteOffset, content.byteLength).slice(), String(message["type"]));
  }

  void start();
  return () => {
    clearTimeout(typing);
    stop();
    marking.disconnect();
    questions.close();
    api?.destroy();
  };
}

export default { render };
