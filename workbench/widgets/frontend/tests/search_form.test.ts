// @vitest-environment happy-dom
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import form, { SETTLED_MS } from "../src/search_form";
import { SILENT_AFTER_MS } from "../src/shared/widget";
import { FakeModel, settled, show, type Message } from "./scene";

const parameter = (name: string, kind: string, more: Record<string, unknown> = {}) => ({
  name, kind, label: `label ${name}`, choices: null, fixed: false, default: null, follows: null, ...more,
});
const shared = [
  parameter("start", "day"),
  parameter("end", "day"),
  parameter("hours", "hours"),
  parameter("practitioner", "choice", { choices: [["CC", "Dr Camille Corvaisier"], ["MM", "Dr <b>Molaire</b>"]] }),
  parameter("chair", "choice", { choices: [] }),
  parameter("family", "choice"),
  parameter("minors", "yes_no"),
  parameter("balance", "yes_no", { default: "no" }),
  parameter("sort", "text", { choices: [["time", "by time"], ["name", "by name"]], fixed: true, default: "time" }),
];
const state = parameter("state", "choice", { choices: [["upcoming", "Upcoming"], ["missed", "Missed"]], fixed: true });

const first = ["start", "end", "hours", "practitioner", "chair", "state"];
const birthdays = [
  parameter("start", "day", { default: "today" }),
  parameter("end", "day", { follows: "start" }),
  parameter("age_from", "number"),
  parameter("where", "where"),
];

let opened: Awaited<ReturnType<typeof show>>;
let model: FakeModel;

async function open(values: Record<string, string> = {}, more: Record<string, unknown> = {}): Promise<HTMLElement> {
  const searches = [
    {
      name: "appointments", label: "Appointments", parameters: [...shared.slice(0, 5), state, ...shared.slice(5)], first,
      opens: { start: "J+1 open", end: "J+1 open", state: "upcoming" },
    },
    { name: "missed", label: "Missed appointments", parameters: shared, first },
    { name: "birthdays", label: "Birthdays", parameters: birthdays, first: [...first, "age_from"] },
  ];
  const groups = [
    { label: "Agenda", names: ["appointments", "missed"] },
    { label: "People", names: ["birthdays"] },
    { label: "Money", names: [] },
  ];
  const answer = (message: Message) =>
    message.kind === "open" ? { searches, groups, saved: [], name: "appointments", values, days: "", sentence: "", bad: false, ...more } : {};
  model = new FakeModel({ words: { tomorrow: "Demain", when: "Quand", dates: "Dates…", all: "Tous", chosen: "{first} +{count}" }, language: "fr" }, answer);
  opened = await show(form, model);
  return opened.el;
}

const changes = () => model.sent.filter((message) => message.kind === "changed").map(({ name, values }) => ({ name, values }));
const chip = (el: HTMLElement, value: string) => el.querySelector<HTMLButtonElement>(`.pw-chip[data-value="${value}"]`) as HTMLButtonElement;
const pressed = (el: HTMLElement) => [...el.querySelectorAll(".pw-chip[aria-pressed=true]")].map((one) => one.textContent);
const type = (input: HTMLInputElement, text: string) => {
  input.value = text;
  input.dispatchEvent(new Event("input", { bubbles: true }));
};

beforeEach(() => void vi.useFakeTimers());
afterEach(() => {
  opened.close();
  vi.useRealTimers();
});

test("what is asked already is shown as pressed", async () => {
  const el = await open({ start: "tomorrow", end: "J+1", state: "upcoming" });
  expect(pressed(el)).toEqual(["Demain", "Upcoming"]);
});

const chosen = async (el: HTMLElement, name: string): Promise<void> => {
  const list = el.querySelector("select") as HTMLSelectElement;
  list.value = name;
  list.dispatchEvent(new Event("change"));
  await settled();
};

test("a search gone to from another one asks what it opens with", async () => {
  const el = await open({}, { name: "birthdays" });
  await chosen(el, "appointments");
  expect(changes()).toEqual([{ name: "appointments", values: { start: "J+1 open", end: "J+1 open", state: "upcoming" } }]);
  expect(pressed(el)).toContain("Upcoming");
});

test("a search gone to from another one keeps its days, and what was taken back by hand stays away", async () => {
  const el = await open({ start: "today", state: "upcoming" });
  chip(el, "upcoming").click();
  await settled();
  await chosen(el, "missed");
  await chosen(el, "appointments");
  expect(changes().at(-1)).toEqual({ name: "appointments", values: { start: "today" } });
});

test("a quick day asks for that one day at once, and stays pressed when pressed again", async () => {
  const el = await open();
  chip(el, "J+1 open").click();
  await settled();
  chip(el, "J+1 open").click();
  await settled();
  expect(changes()).toEqual([{ name: "appointments", values: { start: "J+1 open", end: "J+1 open" } }]);
  expect(chip(el, "J+1 open").getAttribute("aria-pressed")).toBe("true");
});

test("dates typed are told once, when the typing has settled, and stay as they were typed", async () => {
  const el = await open({ start: "tomorrow", end: "tomorrow" });
  chip(el, "").click();
  await settled();
  const start = el.querySelector<HTMLInputElement>("[data-part=start]") as HTMLInputElement;
  expect(start.value).toBe("demain");
  type(start, "3");
  vi.advanceTimersByTime(SETTLED_MS - 1);
  type(start, "32/11");
  vi.advanceTimersByTime(SETTLED_MS - 1);
  expect(changes()).toEqual([]);
  vi.advanceTimersByTime(1);
  await settled();
  expect(changes()).toEqual([{ name: "appointments", values: { start: "32/11", end: "tomorrow" } }]);
  model.say({ kind: "said", sentence: "« 32/11 » is not a date", bad: true });
  expect(el.querySelector("[role=status]")?.textContent).toBe("✕ « 32/11 » is not a date");
  expect(start.value).toBe("32/11");
});

test("the hours are one parameter, open on the side where nothing is typed", async () => {
  const el = await open({ hours: "07:00-21:00" });
  const [from, to] = [...el.querySelectorAll<HTMLInputElement>("[role=group][aria-label=hours] input")] as [HTMLInputElement, HTMLInputElement];
  expect([from.value, to.value]).toEqual(["07:00", "21:00"]);
  type(to, "");
  to.dispatchEvent(new Event("change"));
  type(from, "");
  from.dispatchEvent(new Event("change"));
  await settled();
  expect(changes().map(({ values }) => values)).toEqual([{ hours: "07:00-24:00" }, {}]);
});

test("several states are a comma list in the order they stand in", async () => {
  const el = await open();
  chip(el, "missed").click();
  chip(el, "upcoming").click();
  chip(el, "missed").click();
  await settled();
  expect(changes().map(({ values }) => values)).toEqual([{ state: "missed" }, { state: "upcoming,missed" }, { state: "upcoming" }]);
});

test("practitioners are ticked in a list that Escape closes, and their names are text", async () => {
  const el = await open();
  const head = el.querySelector<HTMLButtonElement>(".pw-pick-head") as HTMLButtonElement;
  expect(head.textContent).toContain("Tous");
  head.click();
  expect(head.getAttribute("aria-expanded")).toBe("true");
  for (const box of el.querySelectorAll<HTMLInputElement>(".pw-pick-panel input")) box.click();
  await settled();
  expect(changes().at(-1)?.values).toEqual({ practitioner: "CC,MM" });
  expect(head.textContent).toContain("Dr Camille Corvaisier +1");
  expect(el.querySelector(".pw-pick-panel b")).toBeNull();
  el.querySelector(".pw-pick-panel input")?.dispatchEvent(new KeyboardEvent("keydown", { key: "Escape", bubbles: true }));
  expect(head.getAttribute("aria-expanded")).toBe("false");
  expect(document.activeElement).toBe(head);
});

test("what there is nothing to choose from is not shown", async () => {
  const el = await open();
  expect(el.textContent).not.toContain("label chair");
});

test("the other filters are folded until one is wanted, or already asked", async () => {
  const el = await open();
  const head = el.querySelector<HTMLButtonElement>(".pw-fold-head") as HTMLButtonElement;
  expect(head.getAttribute("aria-expanded")).toBe("false");
  head.click();
  chip(el, "yes").click();
  chip(el, "yes").click();
  el.querySelector<HTMLInputElement>(".pw-form-box input")?.click();
  const sort = [...el.querySelectorAll("select")].at(-1) as HTMLSelectElement;
  sort.value = "name";
  sort.dispatchEvent(new Event("change"));
  await settled();
  expect(changes().map(({ values }) => values)).toEqual([{ minors: "yes" }, {}, { balance: "yes" }, { balance: "yes", sort: "name" }]);
  opened.close();
  const again = await open({ family: "12" });
  expect(again.querySelector(".pw-fold-head")?.getAttribute("aria-expanded")).toBe("true");
});

test("going to another search and back loses nothing that was asked", async () => {
  const el = await open({ start: "today", end: "today", state: "missed" });
  const choose = (name: string) => {
    const list = el.querySelector("select") as HTMLSelectElement;
    list.value = name;
    list.dispatchEvent(new Event("change"));
  };
  choose("missed");
  choose("appointments");
  await settled();
  expect(changes()).toEqual([
    { name: "missed", values: { start: "today", end: "today" } },
    { name: "appointments", values: { start: "today", end: "today", state: "missed" } },
  ]);
});

test("what the dates mean and what was found are said in live regions", async () => {
  const el = await open({}, { days: "lundi 23 novembre", sentence: "47 rendez-vous" });
  expect(el.querySelector(".pw-form-days[aria-live=polite]")?.textContent).toBe("lundi 23 novembre");
  model.say({ kind: "days", text: "<i>mardi</i>" });
  expect(el.querySelector(".pw-form-days")?.textContent).toBe("<i>mardi</i>");
  expect(el.querySelector("[role=status]")?.textContent).toBe("47 rendez-vous");
});

test("a change made in another view of the form is shown, and not told again", async () => {
  const el = await open();
  model.say({ kind: "asked", view: "another", name: "appointments", values: { state: "missed" } });
  await settled();
  expect(pressed(el)).toEqual(["Missed"]);
  expect(changes()).toEqual([]);
});

test("a refusal of what is asked is shown beside it", async () => {
  await open();
  const refusing = new FakeModel({ words: {} }, (message) =>
    message.kind === "open" ? { searches: [{ name: "a", label: "A", parameters: [parameter("family", "choice")], first: [] }], groups: [], saved: [], name: "a", values: { family: "1" }, days: "", sentence: "", bad: false } : { error: "No." },
  );
  const other = await show(form, refusing);
  const input = other.el.querySelector("input") as HTMLInputElement;
  type(input, "2");
  input.dispatchEvent(new Event("change"));
  await settled();
  expect(other.el.querySelector("[role=status]")?.textContent).toBe("✕ No.");
  other.close();
});

test("keys pressed in the form do not reach JupyterLab, and a view that is gone listens no more", async () => {
  const el = await open();
  const heard = vi.fn();
  document.body.addEventListener("keydown", heard);
  chip(el, "today").dispatchEvent(new KeyboardEvent("keydown", { key: "a", bubbles: true }));
  document.body.removeEventListener("keydown", heard);
  expect(heard).not.toHaveBeenCalled();
  opened.close();
  expect(model.listening()).toBe(0);
});

test("each control has a name", async () => {
  const el = await open({ family: "1", start: "2026-11-24", end: "2026-11-25" });
  for (const control of el.querySelectorAll<HTMLElement>("input:not([aria-hidden]), select")) {
    const named = control.closest("label") ?? el.querySelector(`label[for="${control.id}"]`);
    expect(named?.textContent, control.outerHTML).toBeTruthy();
  }
  for (const group of el.querySelectorAll("[role=group]")) {
    expect(group.hasAttribute("aria-label") || group.hasAttribute("aria-labelledby")).toBe(true);
  }
});

test("what Python refuses does not stay pressed, and can be pressed again", async () => {
  const el = await open({ start: "tomorrow", end: "tomorrow" });
  let refusing = true;
  const send = model.send.bind(model);
  vi.spyOn(model, "send").mockImplementation((content) => {
    const { kind, request, view } = content as Message;
    if (!refusing) return send(content);
    model.sent.push(content as Message);
    queueMicrotask(() => model.say({ kind: "answer", request, view, error: `No ${kind}.` }));
  });
  chip(el, "J+2").click();
  await settled();
  expect(pressed(el)).toEqual(["Demain"]);
  expect(el.querySelector("[role=status]")?.textContent).toBe("✕ No changed.");
  refusing = false;
  chip(el, "J+2").click();
  await settled();
  expect(chip(el, "J+2").getAttribute("aria-pressed")).toBe("true");
  expect(changes()).toHaveLength(2);
});

test("what nobody answers does not stay pressed, until the answer comes after all", async () => {
  const el = await open({ start: "tomorrow", end: "tomorrow" });
  const silent = () => el.querySelector<HTMLElement>("[role=alert]")?.hidden === false;
  const send = vi.spyOn(model, "send").mockImplementation((content) => void model.sent.push(content as Message));
  chip(el, "J+2").click();
  await vi.advanceTimersByTimeAsync(SILENT_AFTER_MS);
  expect([silent(), pressed(el)]).toEqual([true, ["Demain"]]);
  chip(el, "today").click();
  await settled();
  expect(pressed(el)).toEqual(["Demain"]);
  send.mockRestore();
  for (const { request, view } of model.sent.filter(({ kind }) => kind === "changed")) model.say({ kind: "answer", request, view });
  await settled();
  expect([silent(), chip(el, "today").getAttribute("aria-pressed"), pressed(el)]).toEqual([false, "true", ["today"]]);
});

test("a kernel that is gone is told of at once, and nothing is lit", async () => {
  const el = await open({ start: "tomorrow", end: "tomorrow" });
  vi.spyOn(model, "send").mockImplementation(() => {
    throw new Error("Comm is closed");
  });
  chip(el, "J+2").click();
  await settled();
  expect(pressed(el)).toEqual(["Demain"]);
  expect(el.querySelector<HTMLElement>("[role=alert]")?.hidden).toBe(false);
});

test("a form that Python refuses to open says why", async () => {
  model = new FakeModel({ words: {} }, () => ({ error: "No practice." }));
  opened = await show(form, model);
  expect(opened.el.querySelector("[role=status]")?.textContent).toBe("✕ No practice.");
});

test("searches stand in their groups, and saved ones after them", async () => {
  const el = await open({}, { saved: [{ label: "<b>Demain</b>", name: "missed", values: { start: "tomorrow" } }] });
  const groups = [...el.querySelectorAll<HTMLOptGroupElement>("select optgroup")];
  expect(groups.map((one) => [one.label, one.hidden, one.children.length])).toEqual([
    ["Agenda", false, 2], ["People", false, 1], ["Money", true, 0], ["saved", false, 1],
  ]);
  const list = el.querySelector("select") as HTMLSelectElement;
  expect(list.value).toBe("appointments");
  expect(groups[3]?.textContent).toBe("<b>Demain</b>");
  list.value = "saved:0";
  list.dispatchEvent(new Event("change"));
  await settled();
  expect(changes()).toEqual([{ name: "missed", values: { start: "tomorrow" } }]);
  expect(el.querySelector("select")?.value).toBe("saved:0");
});

test("a day that is not asked stands where it stands by itself", async () => {
  const el = await open({}, { name: "birthdays" });
  expect(pressed(el)).toEqual(["today"]);
  expect(changes()).toEqual([]);
});

test("what a search is about is in sight at once", async () => {
  const el = await open({}, { name: "birthdays" });
  expect(el.querySelector("[data-typed=age_from]")).not.toBeNull();
  expect(el.querySelector("[data-typed=where]")).toBeNull();
});

test("what Python says of a condition stands beside its field", async () => {
  const el = await open({ where: "city ==" }, { name: "birthdays" });
  const field = el.querySelector<HTMLInputElement>("[data-typed=where]") as HTMLInputElement;
  expect(field.value).toBe("city ==");
  type(field, "city == Bruz");
  field.dispatchEvent(new Event("change"));
  await settled();
  model.say({ kind: "said", sentence: "A text is <i>quoted</i>.", bad: true });
  expect(field.closest("label, .pw-field, div")?.textContent).toContain("✕ A text is <i>quoted</i>.");
  expect(field.hasAttribute("aria-invalid")).toBe(true);
  expect(el.querySelector("[role=status]")?.textContent).toBe("");
  model.say({ kind: "said", sentence: "12 patients", bad: false });
  expect(field.hasAttribute("aria-invalid")).toBe(false);
  expect(el.querySelector("[role=status]")?.textContent).toBe("12 patients");
});
