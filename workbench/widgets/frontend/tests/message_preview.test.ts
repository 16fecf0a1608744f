// @vitest-environment happy-dom
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import preview from "../src/message_preview";
import { FakeModel, settled, show, type Message } from "./scene";

const NAMES = ["ZIMMER Alexis", "LEFÈVRE <b>Zoé</b>", "D’ARTAGNAN", "NGUYỄN Anaïs", "PETIT Rémi"];
const STATES = ["to_correct", "ready", "ready", "to_read", "excluded"];
const WORDS = { announced: "message {place} of {total}, {name}, {state}", place: "{place} / {total}" };

/** A model whose traits tell of their changes, as a real one's do. */
class Preview extends FakeModel {
  override set(name: string, value: unknown): void {
    const before = this.get(name);
    super.set(name, value);
    if (before !== value) this.tell(name);
  }
  private readonly heard = new Map<string, Set<() => void>>();
  override on(event: string, callback: (...values: never[]) => void): void {
    if (event.startsWith("change:")) this.heard.set(event, (this.heard.get(event) ?? new Set()).add(callback as () => void));
    else super.on(event, callback);
  }
  override off(event: string, callback?: (...values: never[]) => void): void {
    if (event.startsWith("change:")) this.heard.get(event)?.delete(callback as () => void);
    else super.off(event, callback);
  }
  private tell(name: string): void {
    for (const callback of this.heard.get(`change:${name}`) ?? []) callback();
  }
  override listening(): number {
    return super.listening() + [...this.heard.values()].reduce((sum, all) => sum + all.size, 0);
  }
}

let count = NAMES.length;
let trouble = "";
let late = 0;
let sentAlready = false; // whoever is excluded has the message
let opened: Awaited<ReturnType<typeof show>>;
let model: Preview;

const stateOf = (position: number): string => (sentAlready && position % 5 === 4 ? "sent" : STATES[position % 5] ?? "ready");
const rowOf = (position: number) => ({
  position, name: position < 5 ? NAMES[position] : `Patient ${position}`, state: stateOf(position), note: position === 0 ? "address" : "",
});

function answer(message: Message): Record<string, unknown> {
  if (trouble) return { error: trouble };
  if (message.kind === "rows") {
    const asked = message as unknown as { filter: string; search: string; start: number; end: number; around?: number };
    const all = [...Array(count).keys()].filter((position) => asked.filter === "" || stateOf(position) === asked.filter);
    const listed = asked.search ? all.filter((position) => (rowOf(position).name ?? "").toLowerCase().includes(asked.search)) : all;
    return {
      version: model.get("version"), start: asked.start, rows: listed.slice(asked.start, asked.end).map(rowOf), count: listed.length,
      total: count, counts: { all: count, ready: 2, to_read: 1, to_correct: 1, excluded: sentAlready ? 0 : 1, sent: sentAlready ? 1 : 0 },
      summary: sentAlready ? [{ state: "sent", text: "1 sent already" }] : [{ state: "ready", text: "3 ready" }, { state: "to_correct", text: "1 to correct" }],
      ...(asked.around === undefined ? {} : { place: listed.indexOf(asked.around) }),
    };
  }
  if (message.kind === "source") return { headers: [["Subject", "x & y"]], source: "Subject: =?x?=\n\n<b>raw</b>" };
  const position = message["position"] as number;
  if (message.kind === "correct" && message["address"] === "nonsense") return { error: "This is no address." };
  if (message.kind === "correct" || message.kind === "complete") return {};
  const row = { ...rowOf(position), detail: position === 0 ? "No address.\nAsk for it." : "", key: `key ${position}`, mend: { 0: "address", 3: "file" }[position] ?? "", address: "" };
  const version = late || model.get("version");
  if (position === 4) return { version, row, broken: "Line 2: this cannot be computed." };
  return {
    version,
    row,
    message: {
      subject: `Subject ${position} <b>`, sender: "Cabinet <c@x.example>", recipient: "Zoé <z@x.example>", attachments: ["plan.pdf (84 KB)"],
      screen: `<!DOCTYPE html><p>${position}</p>`, text: [["Dear ", false], ["<i>Zoé</i>", true]], marked: true, notes: ["2 remote images blocked"],
      links: { label: "1 link", addresses: ["https://x.example/<b>"] },
    },
  };
}

async function open(traits: Record<string, unknown> = {}): Promise<HTMLElement> {
  model = new Preview({ words: WORDS, language: "fr", position: 0, version: 1, ...traits }, answer);
  opened = await show(preview, model);
  await settled();
  await settled();
  return opened.el;
}

const find = <T extends HTMLElement>(selector: string): T => {
  const found = opened.el.querySelector<T>(selector);
  if (!found) throw new Error(`nothing is ${selector}`);
  return found;
};
const subject = (): string => find(".pw-letter-subject").textContent ?? "";
const asked = (kind: string): Message[] => model.sent.filter((message) => message.kind === kind);
const press = (key: string, on: HTMLElement): void => {
  on.dispatchEvent(new KeyboardEvent("keydown", { key, bubbles: true, cancelable: true }));
};
const wait = async (): Promise<void> => {
  for (let turn = 0; turn < 4; turn += 1) await settled();
};

beforeEach(() => {
  count = NAMES.length;
  trouble = "";
  sentAlready = false;
});
afterEach(() => {
  opened.close();
  expect(model.listening()).toBe(0);
});

test("everyone is listed with a sign, a word and a colour, names as text", async () => {
  await open();
  const rows = [...opened.el.querySelectorAll<HTMLElement>('[role="option"]')];
  expect(rows.map((row) => row.querySelector(".pw-rows-name")?.textContent)).toEqual(NAMES);
  expect(rows.map((row) => row.querySelector(".pw-state")?.textContent)).toEqual(["✕ address", "✓ready", "✓ready", "?to_read", "–excluded"]);
  expect(rows[0]?.getAttribute("aria-selected")).toBe("true");
  expect(rows[0]?.getAttribute("aria-setsize")).toBe("5");
  expect(find(".pw-preview-summary").textContent).toBe("3 ready✕ 1 to correct");
});

test("who has the message already is told by one sign everywhere, and has a filter of its own where there is anybody", async () => {
  await open();
  const chip = find<HTMLButtonElement>('.pw-chip[data-state="sent"]');
  expect(chip.hidden).toBe(true);
  sentAlready = true;
  model.set("version", 2);
  await settled();
  expect([chip.hidden, chip.textContent]).toEqual([false, "only_sent (1)"]);
  expect(find('.pw-chip[data-state="excluded"]').textContent).toBe("only_excluded (0)");
  chip.click();
  await settled();
  const badge = find(".pw-preview-summary .pw-state");
  const row = find('[role="option"] .pw-state');
  expect([badge.textContent, row.textContent]).toEqual(["✓ 1 sent already", "✓sent"]);
  expect(row.className).toBe(badge.className);
});

test("a message shows its lines as text and its document in a frame without rights", async () => {
  await open({ position: 1 });
  expect(subject()).toBe("Subject 1 <b>");
  expect(find(".pw-letter-head").textContent).toContain("Cabinet <c@x.example>");
  expect(find(".pw-letter-head").textContent).toContain("plan.pdf (84 KB)");
  const frame = find<HTMLIFrameElement>("iframe");
  expect(frame.getAttribute("sandbox")).toBe("");
  expect(frame.srcdoc).toBe("<!DOCTYPE html><p>1</p>");
  expect(find(".pw-letter-foot").textContent).toContain("2 remote images blocked");
  expect(find(".pw-letter-foot li").textContent).toBe("https://x.example/<b>");
  expect(find(".pw-preview-place").textContent).toBe("2 / 5");
});

test("the four views are tabs, walked with the arrows, and the chosen one stays for the next message", async () => {
  await open();
  const tabs = [...opened.el.querySelectorAll<HTMLElement>('[role="tab"]')];
  expect(tabs.map((tab) => tab.getAttribute("aria-selected"))).toEqual(["true", "false", "false", "false"]);
  press("ArrowRight", tabs[0]!);
  expect(find(".pw-letter-body").dataset["view"]).toBe("phone");
  expect(subject()).toBe("Subject 0 <b>");
  press("ArrowRight", tabs[1]!);
  expect(find(".pw-letter-text").textContent).toBe("Dear <i>Zoé</i>");
  expect(find(".pw-letter-text mark").textContent).toBe("<i>Zoé</i>");
  find('[aria-label="next"]').click();
  await wait();
  expect(subject()).toBe("Subject 1 <b>");
  expect(find(".pw-letter-body").dataset["view"]).toBe("text");
  expect(asked("source")).toHaveLength(0);
  tabs[3]!.click();
  await wait();
  expect(asked("source").map((message) => message["position"])).toEqual([1]);
  expect(find(".pw-letter-source pre").textContent).toContain("<b>raw</b>");
  expect(find(".pw-letter-source dd").textContent).toBe("x & y");
});

test("the arrows step through the messages, ask ahead, and report where one is", async () => {
  await open();
  expect(find<HTMLButtonElement>('[aria-label="previous"]').disabled).toBe(true);
  expect(asked("message").map((message) => message["position"])).toEqual([0, 1]);
  press("ArrowRight", find(".pw-rows"));
  expect(subject()).toBe("Subject 0 <b>");
  await wait();
  expect(subject()).toBe("Subject 1 <b>");
  expect(model.get("position")).toBe(1);
  expect(asked("message").map((message) => message["position"])).toEqual([0, 1, 2]);
  press("ArrowLeft", find(".pw-rows"));
  await wait();
  expect(model.get("position")).toBe(0);
  expect(asked("message")).toHaveLength(3);
  press("End", find(".pw-rows"));
  await wait();
  expect(model.get("position")).toBe(4);
  expect(find<HTMLButtonElement>('[aria-label="next"]').disabled).toBe(true);
});

test("arrows in the search box are for its text, and no key reaches JupyterLab", async () => {
  await open();
  const leaked = vi.fn();
  document.addEventListener("keydown", leaked);
  press("ArrowRight", find("input"));
  press("d", find(".pw-rows"));
  await wait();
  document.removeEventListener("keydown", leaked);
  expect(model.get("position")).toBe(0);
  expect(leaked).not.toHaveBeenCalled();
});

test("each message is announced with its place, its name and its state", async () => {
  await open({ position: 1 });
  expect(find('[aria-live="polite"]').textContent).toBe("message 2 of 5, LEFÈVRE <b>Zoé</b>, ready");
});

test("what is wrong with a message stands above it, with what it means", async () => {
  await open();
  expect([...opened.el.querySelectorAll(".pw-preview-findings li")].map((line) => line.textContent)).toEqual(["No address.", "Ask for it.", "stays"]);
  find('[aria-label="next"]').click();
  await wait();
  expect(find(".pw-preview-findings").hidden).toBe(true);
});

test("what can be done with the list stands at its head, about the row in sight, and once a click", async () => {
  await open({ position: 1 });
  const head = find(".pw-preview-head");
  expect(find(".pw-preview-acts").hidden).toBe(true);
  model.say({ kind: "acts", acts: [{ name: "take_out", label: "− Take out" }, { name: "add", label: "+ Add" }] });
  expect([...head.querySelectorAll("button")].map((one) => one.textContent)).toEqual(["− Take out", "+ Add"]);
  find('[data-name="take_out"]').focus();
  find('[data-name="take_out"]').click();
  find('[data-name="take_out"]').click();
  expect(asked("act").map((one) => [one["name"], one["key"]])).toEqual([["take_out", "key 1"]]);
  model.say({ kind: "acts", acts: [{ name: "take_out", label: "− Take out" }, { name: "put_back", label: "Put it back" }] });
  expect(document.activeElement).toBe(find('[data-name="take_out"]'));
});

test("an address is corrected where it is missed; what was typed stays with its row until it is written", async () => {
  await open();
  const field = find<HTMLInputElement>(".pw-mending input");
  expect(field.getAttribute("aria-label")).toBe("address_of");
  field.focus();
  field.value = "nonsense";
  field.dispatchEvent(new Event("input", { bubbles: true }));
  model.set("version", 2);
  await wait();
  const again = find<HTMLInputElement>(".pw-mending input");
  expect([again.value, document.activeElement === again]).toEqual(["nonsense", true]);
  find<HTMLFormElement>("form.pw-mending").requestSubmit();
  await wait();
  expect(find(".pw-mending [role=alert]").textContent).toBe("✕ This is no address.");
  again.value = "zoe@exemple.test";
  find<HTMLFormElement>("form.pw-mending").requestSubmit();
  await wait();
  expect(asked("correct").map((one) => [one["key"], one["address"]])).toEqual([["key 0", "nonsense"], ["key 0", "zoe@exemple.test"]]);
  expect(document.activeElement).toBe(find(".pw-rows"));
  expect(find(".pw-mending-said").hidden).toBe(true);
});

test("who is reached by completing a file is led to it, and a row that is right invites to nothing", async () => {
  await open({ position: 3 });
  find(".pw-mending button").click();
  expect(asked("complete").map((one) => one["key"])).toEqual(["key 3"]);
  find('[aria-label="previous"]').click();
  await wait();
  expect(opened.el.querySelector(".pw-mending")).toBeNull();
});

test("a message that cannot be made shows its sentence, and the next can be read", async () => {
  await open({ position: 4 });
  expect(find('.pw-letter [role="alert"]').textContent).toBe("Line 2: this cannot be computed.");
  expect(opened.el.querySelector("iframe")).toBeNull();
  find('[aria-label="previous"]').click();
  await wait();
  expect(subject()).toBe("Subject 3 <b>");
});

test("a filter narrows the list, its count and the steps", async () => {
  await open();
  find('[data-state="to_read"]').click();
  await wait();
  expect(find('[data-state="to_read"]').getAttribute("aria-pressed")).toBe("true");
  expect(model.get("position")).toBe(3);
  expect(find(".pw-preview-place").textContent).toBe("1 / 1");
});

test("a recipient asked for by Python is shown even where a filter hides it", async () => {
  await open();
  find('[data-state="to_read"]').click();
  await wait();
  model.set("position", 1);
  await wait();
  expect(subject()).toBe("Subject 1 <b>");
  expect(find('[data-state=""]').getAttribute("aria-pressed")).toBe("true");
  expect(find(".pw-preview-place").textContent).toBe("2 / 5");
});

test("typing searches once it pauses; nobody found is said, and what was read stays", async () => {
  vi.useFakeTimers();
  try {
    await open();
    const box = find<HTMLInputElement>("input");
    for (const text of ["q", "qq", "qqq"]) {
      box.value = text;
      box.dispatchEvent(new Event("input"));
    }
    const before = asked("rows").length;
    await vi.advanceTimersByTimeAsync(200);
    await wait();
    expect(asked("rows").slice(before).map((message) => message["search"])).toEqual(["qqq"]);
    expect(find(".pw-side-list > .pw-note").hidden).toBe(false);
    expect(opened.el.querySelectorAll('[role="option"]')).toHaveLength(0);
  } finally {
    vi.useRealTimers();
  }
});

test("of a hundred thousand only a window exists and only a window is asked for", async () => {
  count = 100_000;
  await open({ position: 50_000 });
  expect(subject()).toBe("Subject 50000 <b>");
  expect(opened.el.querySelectorAll('[role="option"]').length).toBeLessThan(60);
  const asked_for = asked("rows").map((message) => Number(message["end"]) - Number(message["start"]));
  expect(Math.max(...asked_for)).toBeLessThanOrEqual(100);
  expect(asked_for.length).toBeLessThan(8);
  expect(find(".pw-rows-all").style.height).toBe(`${100_000 * 34}px`);
});

test("nobody's message is shown while another list is worked out", async () => {
  const el = await open();
  const sides = el.querySelector<HTMLElement>(".pw-sides") as HTMLElement;
  expect(sides.hidden).toBe(false);
  model.set("waiting", true);
  await settled();
  expect(sides.hidden).toBe(true);
  expect([...el.querySelectorAll<HTMLElement>(".pw-letter-said[role=status]")].some((one) => !one.hidden)).toBe(true);
  model.set("waiting", false);
  model.set("version", 7);
  await settled();
  expect(sides.hidden).toBe(false);
});

test("a new list is read anew, and an empty one says so", async () => {
  await open();
  count = 0;
  model.set("version", 2);
  await wait();
  expect(find(".pw-sides").hidden).toBe(true);
  expect(find(".pw-beside > .pw-letter-said").hidden).toBe(false);
  count = 5;
  model.set("position", 2);
  model.set("version", 3);
  await wait();
  expect(find(".pw-sides").hidden).toBe(false);
  expect(subject()).toBe("Subject 2 <b>");
  expect(asked("message").filter((message) => message["position"] === 2).length).toBeGreaterThan(0);
});

test("a list that Python refuses is never told as an empty one, and can be asked for again", async () => {
  trouble = "The database is busy.";
  const el = await open();
  const seen = () => [...el.querySelectorAll<HTMLElement>("p")].filter((one) => !one.hidden && one.textContent).map((one) => one.textContent);
  expect(seen()).toEqual(["✕ The database is busy."]);
  trouble = "";
  find<HTMLButtonElement>('.pw-chip[data-state=""]').click();
  await wait();
  expect(el.querySelectorAll('[role="option"]')).toHaveLength(5);
  expect(subject()).toContain("Subject 0");
  expect(seen()).not.toContain("✕ The database is busy.");
});

test("a message that Python refuses is told of, and asked for again when somebody comes back to it", async () => {
  const el = await open();
  trouble = "The database is busy.";
  find<HTMLButtonElement>('[aria-label="next"]').click();
  await wait();
  find<HTMLButtonElement>('[aria-label="next"]').click();
  await wait();
  expect(el.querySelector('.pw-letter [role="alert"]')?.textContent).toBe("The database is busy.");
  model.say({ kind: "acts", acts: [{ name: "take_out", label: "− Take out" }] });
  find('[data-name="take_out"]').click(); // and nothing is done to whoever was read before
  expect(asked("act").map((one) => one["key"])).toEqual([""]);
  trouble = "";
  find<HTMLButtonElement>('[aria-label="previous"]').click();
  await wait();
  find<HTMLButtonElement>('[aria-label="next"]').click();
  await wait();
  expect(subject()).toContain("Subject 2");
});

test("a source that Python refuses is told of in its place", async () => {
  const el = await open();
  trouble = "The database is busy.";
  [...el.querySelectorAll<HTMLElement>('[role="tab"]')].at(-1)?.click();
  await wait();
  expect(el.querySelector('.pw-letter [role="alert"]')?.textContent).toBe("The database is busy.");
});

test("a message of another list than the one in sight is not shown under its row, and its source is asked for as of that list", async () => {
  await open();
  const older = model.get("version");
  late = Number(older) + 1; // what Python knows already, and the page not yet
  opened.el.querySelectorAll<HTMLElement>('[role="option"]')[3]!.click();
  await wait();
  expect(subject()).toBe("Subject 0 <b>");
  late = 0;
  model.set("version", Number(older) + 1);
  await wait();
  expect(subject()).toBe("Subject 3 <b>");
  opened.el.querySelectorAll<HTMLElement>('[role="tab"]')[3]!.click();
  await wait();
  expect(asked("source").at(-1)).toMatchObject({ position: 3, version: Number(older) + 1 });
});
