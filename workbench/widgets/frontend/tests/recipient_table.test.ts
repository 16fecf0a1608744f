// @vitest-environment happy-dom
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import table from "../src/recipient_table";
import { narrowest, type ShownColumn } from "../src/recipient_table/grid";
import { readPage, Ticks } from "../src/recipient_table/rows";
import { SILENT_AFTER_MS } from "../src/shared/widget";
import { FakeModel, type Message } from "./scene";

const NAMES = ["LEFÈVRE Zoé", "<img src=x onerror=alert(1)>", "{{7*7}}", "MARTEL Odette", "ABE\u202eTXET"];
const WORDS = {
  tick: "Cocher {who}", meant: "{written} : {suggestion} ?", complete: "{problem} · compléter", correct: "{problem} · corriger", silent: "Le poste calcule encore",
  none: "Aucun", all: "Tous", opt_out: "Opposition", opt_in: "Annuler l’opposition", opt_out_of: "Opposition de {who}", opt_in_of: "Annuler l’opposition de {who}",
  nothing_found: "Aucune ligne", empty: "Personne", tick_shown: "Cocher les lignes affichées", moved: "La liste a bougé", opted_out: "opposition", only_problems: "Seulement elles", saved_file: "Enregistré : {who}",
};
const LINE = [
  { part: "rows", text: "5 rendez-vous" },
  { part: "ticked", text: "5 cochés" },
  { part: "problems", text: "1 sans adresse utilisable" },
  { part: "addresses", text: "3 adresses" },
];

const bytes = (value: unknown): DataView => new DataView(new TextEncoder().encode(JSON.stringify(value)).buffer);

/** A kernel with five rows, which keeps ticks and addresses. */
class Kernel extends FakeModel {
  ticked = 0b11111;
  mute = false;
  /** What the rows shown and their order are called, and who comes first in it. */
  order = "first";
  shown = [...NAMES.keys()];
  moved = false;
  refusal = "";
  addresses = ["zoe@exemple.fr", "x@exemple.fr", "y@gmial.com", "", "z@exemple.fr"];
  problems = ["", "", "", "Pas d’adresse.", ""];
  opted_out = [false, false, false, false, true];
  last: Record<string, unknown> = { search: "", filters: {}, sort: [], problems: false, hidden: ["phone"] };
  rows = NAMES.length;
  /** What is answered late, and the way to answer it. */
  slow = "";
  answerSlow = (): void => undefined;
  file: ((row: number) => Record<string, unknown>) | undefined;

  constructor() {
    super({ words: WORDS, language: "fr" });
  }
  override send(content: unknown): void {
    const message = content as Message;
    this.sent.push(message);
    if (this.mute) return;
    const [answer, buffers] = this.answerTo(message);
    const say = () => this.say({ kind: "answer", request: message["request"], view: message["view"], ...answer }, buffers);
    if (message.kind === this.slow) this.answerSlow = say;
    else queueMicrotask(say);
  }
  private answerTo(message: Message): [Record<string, unknown>, DataView[]] {
    const counts = { rows: this.rows, filtered: this.rows, ticked: 5, ticked_outside_filter: 0 };
    const told = { counts, line: LINE };
    if (message.kind === "start") {
      const columns = [
        { name: "patient", label: "Patient", kind: "text", width: 200 },
        { name: "state", label: "État", kind: "state", width: 100 },
        { name: "phone", label: "Téléphone", kind: "text", width: 100 },
      ];
      const start = { generation: 1, columns, receiver: "patient", rows: this.rows, asked: this.last, active: 2, can_correct: true, can_opt_out: true };
      return [{ ...start, ...told }, [new DataView(new Uint8Array([this.ticked]).buffer)]];
    }
    if (message.kind === "rows") {
      this.last = message["asked"] as Record<string, unknown>;
      if (this.refusal) return [{ error: this.refusal }, []];
      const row = this.shown.slice(0, this.rows);
      const cells = [row.map((one) => NAMES[one]), ["✓ Présent", "✕ Manqué", "? Doute", "– Annulé", ""], ["06", "", "", "", ""]];
      const page = {
        row, cells, address: this.addresses, receiver: ["→ Mme Lefèvre", "", "", "", ""], problem: this.problems,
        hint: ["", "", "gmial.com : gmail.com ?", "", ""], known: [true, false, true, true, true], opted_out: this.opted_out,
      };
      return [{ total: this.rows, order: this.order, ...told }, [bytes(page)]];
    }
    if (message.kind === "tick" && this.moved) return [{ late: true }, []];
    if (message.kind === "correct" || message.kind === "opt_out") {
      if (this.refusal) return [{ error: this.refusal }, []];
      const row = message["row"] as number;
      if (message.kind === "opt_out") this.opted_out[row] = message["on"] as boolean;
      else {
        this.addresses[row] = message["address"] as string;
        this.problems[row] = "";
      }
    }
    if (message.kind === "file" && this.file) return [this.file(message["row"] as number), []];
    return [{ place: 2 }, []];
  }
}

let kernel: Kernel;
let el: HTMLElement;
let close: () => void;

async function open(): Promise<void> {
  el = document.createElement("div");
  // A page without a layout has no height; the grid draws what fits in one.
  document.body.append(el);
  close = table.render({ model: kernel, el });
  await settled();
}

const settled = async (): Promise<void> => {
  await vi.advanceTimersByTimeAsync(400);
};
const cell = (row: number, column: string): HTMLElement =>
  el.querySelector(`[row-index="${row}"] [col-id="${column}"] .pw-cell`) as HTMLElement;
const press = (target: Element, key: string): boolean => target.dispatchEvent(new KeyboardEvent("keydown", { key, bubbles: true, cancelable: true }));
const asked = (kind: string): Message[] => kernel.sent.filter((message) => message.kind === kind);

beforeEach(async () => {
  vi.useFakeTimers();
  vi.spyOn(HTMLElement.prototype, "clientHeight", "get").mockReturnValue(600);
  vi.spyOn(HTMLElement.prototype, "clientWidth", "get").mockReturnValue(1200);
  vi.spyOn(HTMLElement.prototype, "offsetHeight", "get").mockReturnValue(600);
  vi.spyOn(HTMLElement.prototype, "offsetWidth", "get").mockReturnValue(1200);
  kernel = new Kernel();
  await open();
});
afterEach(() => {
  close();
  el.remove();
  vi.restoreAllMocks();
  vi.useRealTimers();
});

test("a page is read a row at a time, and what is missing is empty", () => {
  const rows = readPage(bytes({ row: [7, 3], cells: [["a", "b"], ["c"]], address: ["x"], receiver: [], problem: [], hint: [], known: [true], opted_out: [] }), "o");
  expect(rows[0]).toEqual({ row: 7, order: "o", cells: ["a", "c"], address: "x", receiver: "", problem: "", hint: "", suggestion: "", excluded: "", detail: "", known: true, opted_out: false, by_file: false, nowhere: false });
  expect(rows[1]).toMatchObject({ row: 3, cells: ["b", ""], address: "", known: false });
  expect(readPage(undefined, "o")).toEqual([]);
});

test("ticks are a bit a row, of rows that were never loaded too", () => {
  const ticks = new Ticks();
  const sent = new Uint8Array([0b00000101, 0b10000000]);
  ticks.read(new DataView(sent.buffer));
  expect([0, 1, 2, 15, 99_999].map((row) => ticks.has(row))).toEqual([true, false, true, true, false]);
  ticks.set(1, true);
  ticks.set(0, false);
  expect([0, 1, 2].map((row) => ticks.has(row))).toEqual([false, true, true]);
  expect(sent[0]).toBe(0b00000101);
});

test("values are shown as text, each in its own direction, with the receiver beside the patient", () => {
  expect(cell(0, "patient").textContent).toBe("LEFÈVRE Zoé (→ Mme Lefèvre)");
  expect(cell(1, "patient").textContent).toBe("<img src=x onerror=alert(1)>");
  expect(el.querySelector("img")).toBeNull();
  expect(cell(4, "patient").querySelector("bdi")?.textContent).toBe("ABE\u202eTXET");
});

test("a state is its sign, its word and a colour", () => {
  expect([0, 1, 2, 3].map((row) => cell(row, "state").firstElementChild?.className)).toEqual(
    ["good", "bad", "doubt", "none"].map((colour) => `pw-state pw-state-${colour}`),
  );
});

test("an address shows what a person has to do about it", () => {
  expect(cell(0, "pw-address").textContent).toBe("zoe@exemple.fr");
  expect(cell(1, "pw-address").textContent).toBe("…");
  expect(cell(2, "pw-address").textContent).toBe("? gmial.com : gmail.com ?");
  expect(cell(2, "pw-address").title).toContain("y@gmial.com");
  expect(cell(3, "pw-address").textContent).toBe("✕ Pas d’adresse · compléter");
  expect(cell(3, "pw-address").title).toBe("Pas d’adresse.");
  expect(cell(4, "pw-address").textContent).toBe("– opposition z@exemple.fr");
});

test("the line says the numbers, and is spoken when they change", () => {
  const line = el.querySelector(".pw-count-line") as HTMLElement;
  expect(line.getAttribute("aria-live")).toBe("polite");
  expect([...line.children].filter((part) => !(part as HTMLElement).hidden).map((part) => part.textContent)).toEqual([
    "5 rendez-vous", "5 cochés", "✕ 1 sans adresse utilisable", "3 adresses",
  ]);
});

test("a box ticks its row at once and tells Python", async () => {
  const box = cell(0, "pw-tick").querySelector("input") as HTMLInputElement;
  expect(box.checked).toBe(true);
  expect(box.getAttribute("aria-label")).toBe("Cocher LEFÈVRE Zoé");
  box.click();
  await settled();
  expect(box.checked).toBe(false);
  expect(asked("tick")).toMatchObject([{ row: 0, on: false, generation: 1 }]);
});

test("Space ticks the row and Enter turns to it, without a word to the notebook", async () => {
  const heard = vi.fn();
  document.body.addEventListener("keydown", heard);
  const patient = cell(1, "patient").closest(".ag-cell") as HTMLElement;
  patient.focus();
  press(patient, " ");
  press(patient, "Enter");
  press(patient, "a");
  await settled();
  expect(asked("tick")).toMatchObject([{ row: 1, on: false }]);
  expect(asked("active")).toMatchObject([{ row: 1 }]);
  expect(heard).not.toHaveBeenCalled();
  document.body.removeEventListener("keydown", heard);
});

test("what another view ticks is shown here", async () => {
  kernel.say({ kind: "ticks", generation: 1, view: "another", counts: { rows: 5, filtered: 5, ticked: 1, ticked_outside_filter: 0 }, line: LINE }, [
    new DataView(new Uint8Array([0b00010]).buffer),
  ]);
  await settled();
  expect([0, 1, 2].map((row) => cell(row, "pw-tick").querySelector("input")?.checked)).toEqual([false, true, false]);
  expect((el.querySelector(".pw-tick-shown") as HTMLInputElement).indeterminate).toBe(true);
});

test("All asks for the rows of the view, None for none at all", async () => {
  const button = (name: string) => [...el.querySelectorAll("button")].find(({ textContent }) => textContent === name) as HTMLButtonElement;
  button("Tous").click();
  button("Aucun").click();
  await settled();
  expect(asked("tick")[0]).toMatchObject({ on: true, asked: { search: "" } });
  expect(asked("tick")[1]).toMatchObject({ on: false });
  expect(asked("tick")[1]).not.toHaveProperty("asked");
});

test("a search is asked of Python once typing rests, and an empty result says so", async () => {
  const box = el.querySelector("input[type=search]") as HTMLInputElement;
  const before = asked("rows").length;
  kernel.rows = 0;
  for (const text of ["l", "le", "lef"]) {
    box.value = text;
    box.dispatchEvent(new Event("input"));
  }
  await settled();
  expect(asked("rows").slice(before).map(({ asked }) => (asked as { search: string }).search)).toEqual(["lef"]);
  expect((el.querySelector(".pw-table-empty") as HTMLElement).hidden).toBe(false);
});

test("a missing address is typed in its row; a refusal stays beside it with what was typed", async () => {
  (cell(3, "pw-address").querySelector("button") as HTMLButtonElement).click();
  await settled();
  const field = cell(3, "pw-address").querySelector("input") as HTMLInputElement;
  expect(document.activeElement).toBe(field);
  kernel.refusal = "Il manque le signe @.";
  field.value = "odette";
  field.dispatchEvent(new Event("input"));
  press(field, "Enter");
  await settled();
  expect(cell(3, "pw-address").querySelector("input")).toBe(field);
  expect(field.value).toBe("odette");
  expect(field.getAttribute("aria-invalid")).toBe("true");
  expect(cell(3, "pw-address").querySelector("[role=alert]")?.textContent).toBe("✕ Il manque le signe @.");

  kernel.refusal = "";
  field.value = "odette@exemple.fr";
  field.dispatchEvent(new Event("input"));
  press(field, "Enter");
  await settled();
  expect(asked("correct").map(({ address }) => address)).toEqual(["odette", "odette@exemple.fr"]);
  expect(cell(3, "pw-address").textContent).toBe("odette@exemple.fr");
});

test("F2 on the box of a row without an address, clicked or walked to, types the address", async () => {
  const box = cell(3, "pw-tick").querySelector("input") as HTMLInputElement;
  box.focus();
  press(box, "F2");
  await settled();
  const field = cell(3, "pw-address").querySelector("input") as HTMLInputElement;
  expect(document.activeElement).toBe(field);
  field.value = "od";
  press(field, "F2");
  await settled();
  expect(field.value).toBe("od");
  press(field, "Escape");
  await settled();
  press(cell(3, "pw-tick").closest(".ag-cell") as HTMLElement, "F2");
  await settled();
  expect(cell(3, "pw-address").querySelector("input")).not.toBeNull();
  expect(asked("tick")).toEqual([]);
});

test("Escape gives up a correction and Python never hears of it", async () => {
  const address = cell(0, "pw-address").closest(".ag-cell") as HTMLElement;
  address.focus();
  press(address, "F2");
  await settled();
  const field = cell(0, "pw-address").querySelector("input") as HTMLInputElement;
  expect(field.value).toBe("zoe@exemple.fr");
  field.value = "other";
  press(field, "Escape");
  await settled();
  expect(cell(0, "pw-address").textContent).toBe("zoe@exemple.fr");
  expect(asked("correct")).toEqual([]);
});

test("an opt-out is one click that names the row, and can be taken back", async () => {
  const button = () => cell(0, "pw-opt-out").querySelector("button") as HTMLButtonElement;
  expect(button().getAttribute("aria-label")).toBe("Opposition de LEFÈVRE Zoé");
  button().click();
  await settled();
  expect(button().textContent).toBe("Annuler l’opposition");
  button().click();
  await settled();
  expect(asked("opt_out").map(({ row, on }) => [row, on])).toEqual([[0, true], [0, false]]);
});

test("the row a person looks at is marked, also when Python turns to another one", async () => {
  const marked = () => [...el.querySelectorAll(".pw-active-row")].map((row) => row.getAttribute("row-index"));
  expect(marked()).toEqual(["2"]);
  kernel.say({ kind: "active", row: 4 });
  await settled();
  expect(marked()).toEqual(["4"]);
  expect(el.querySelector(".pw-active-row")?.getAttribute("aria-current")).toBe("true");
});

test("a kernel that does not answer is told of, and the notice goes with the answer", async () => {
  kernel.mute = true;
  (el.querySelector("input[type=search]") as HTMLInputElement).dispatchEvent(new Event("input"));
  await vi.advanceTimersByTimeAsync(SILENT_AFTER_MS + 500);
  const notice = [...el.querySelectorAll<HTMLElement>("[role=alert]")].find(({ hidden }) => !hidden);
  expect(notice?.textContent).toBe("Le poste calcule encore");
});

test("another view of the table begins with what was asked last", async () => {
  kernel.last = { search: "zoe", filters: { patient: "lef" }, sort: [["patient", true]], problems: true, hidden: ["state"] };
  close();
  el.remove();
  await open();
  expect((el.querySelector("input[type=search]") as HTMLInputElement).value).toBe("zoe");
  expect(kernel.last).toEqual({ search: "zoe", filters: { patient: "lef" }, sort: [["patient", true]], problems: true, hidden: ["state"] });
  expect(el.querySelector('[role=columnheader][col-id="state"]')).toBeNull();
  expect(el.querySelector('[role=columnheader][col-id="phone"]')).not.toBeNull();
  expect(el.querySelector('[role=columnheader][col-id="patient"]')?.getAttribute("aria-sort")).toBe("descending");
});

const alert = (): string | undefined => [...el.querySelectorAll<HTMLElement>("[role=alert]")].find(({ hidden }) => !hidden)?.textContent ?? undefined;
const tickAt = (place: number, shiftKey = false): boolean =>
  cell(place, "pw-tick").querySelector("input")?.dispatchEvent(new MouseEvent("click", { bubbles: true, cancelable: true, shiftKey })) ?? false;

test("a range goes from row to row, under the name of what was shown", async () => {
  tickAt(0);
  tickAt(3, true);
  await settled();
  expect(asked("tick")[1]).toMatchObject({ from: 0, to: 3, order: "first" });
});

test("a range begins in what is shown: an order, a search or a filter asked since forgets where it would have begun", async () => {
  tickAt(0);
  (el.querySelector('[col-id="patient"] .ag-header-cell-label') as HTMLElement).click();
  kernel.order = "second";
  await settled();
  expect(kernel.last).toMatchObject({ sort: [["patient", false]] });
  tickAt(3, true);
  await settled();
  expect(asked("tick")[1]).toMatchObject({ row: 3 });
  expect(asked("tick")[1]).not.toHaveProperty("from");
});

test("when addresses move the rows, a range still begins with its row, wherever it is now", async () => {
  tickAt(0);
  kernel.order = "second";
  kernel.shown = [4, 3, 2, 1, 0];
  kernel.say({ kind: "addressed", generation: 1, counts: { rows: 5, filtered: 5, ticked: 5, ticked_outside_filter: 0 }, line: LINE });
  await settled();
  tickAt(3, true);
  await settled();
  expect(asked("tick")[1]).toMatchObject({ from: 0, to: 1, order: "second" });
});

test("what Python would not tick, as the rows have moved, is told, and the rows and ticks are asked for again", async () => {
  kernel.moved = true;
  const before = asked("rows").length;
  ([...el.querySelectorAll("button")].find(({ textContent }) => textContent === "Tous") as HTMLButtonElement).click();
  await settled();
  expect(asked("tick")[0]).toMatchObject({ order: "first" });
  expect(alert()).toBe("✕ La liste a bougé");
  expect(asked("rows").length).toBeGreaterThan(before);
  kernel.moved = false;
  tickAt(1);
  await settled();
  expect(alert()).toBeUndefined();
});

test("rows that Python refuses are told of, and come with the next search", async () => {
  const box = el.querySelector("input[type=search]") as HTMLInputElement;
  kernel.refusal = "La base est occupée.";
  box.dispatchEvent(new Event("input"));
  await settled();
  expect(alert()).toBe("✕ La base est occupée.");
  kernel.refusal = "";
  box.dispatchEvent(new Event("input"));
  await settled();
  expect(cell(0, "patient").textContent).toContain("LEFÈVRE Zoé");
});

test("a view that is closed listens no more", () => {
  close();
  expect(kernel.listening()).toBe(0);
});

test("what is in a narrow column can still be read: a date, a whole telephone number, a name and a short heading", () => {
  const of = (name: string, label: string, kind: ShownColumn["kind"], width: number): number => narrowest({ name, label, kind, width }, "patient");
  expect(of("date", "Date", "date", 100)).toBeGreaterThanOrEqual(96); // « 23/11/2026 » takes 79, and the cell 17
  expect(of("mobile", "Mobile", "text", 130)).toBe(130);
  expect(of("patient", "Patient", "text", 260)).toBeGreaterThanOrEqual(180);
  expect(of("practitioner", "Praticien", "text", 130)).toBeGreaterThanOrEqual(90);
  expect(of("file_number", "Dossier", "text", 90)).toBeGreaterThanOrEqual(68);
  expect(of("nature", "Nature", "text", 90)).toBeGreaterThanOrEqual(63); // the heading takes 45, what stands round it 18
  // The list of appointments fits a window of 1,440 pixels without being scrolled sideways.
  const columns: Parameters<typeof of>[] = [["time", "Heure", "time", 80], ["patient", "Patient", "text", 260], ["file_number", "Dossier", "text", 90], ["nature", "Nature", "text", 90],
    ["practitioner", "Praticien", "text", 130], ["last_message_at", "Dernier message", "since", 190]];
  expect(columns.reduce((sum, column) => sum + of(...column), 0)).toBeLessThanOrEqual(576);
});

test("a file that is saved is told by its own patient, whatever row is opened meanwhile", async () => {
  const people = [{ key: "", title: "Patient", name: "", values: { mobile: "" } }];
  kernel.file = (row) => ({ patient_id: `P${row}`, file: { name: NAMES[row], number: "1", people, alone: false, languages: [] } });
  kernel.say({ kind: "open", row: 0 });
  await settled();
  const mobile = el.querySelector<HTMLInputElement>(".pw-file [data-column=mobile]")!;
  mobile.value = "06";
  mobile.dispatchEvent(new Event("input", { bubbles: true }));
  kernel.slow = "complete";
  press(mobile, "Enter");
  kernel.say({ kind: "open", row: 3 });
  await settled();
  expect(el.querySelector(".pw-file")?.getAttribute("aria-label")).toContain("MARTEL");
  kernel.answerSlow();
  await settled();
  expect(el.querySelector(".pw-table-notice")?.textContent).toBe("Enregistré : LEFÈVRE Zoé");
});

test("the field above a column is called by what is typed in it", () => {
  const names = [...el.querySelectorAll(".ag-floating-filter input")].map((field) => field.getAttribute("aria-label"));
  expect(names).toContain("Patient (filtre)");
});
