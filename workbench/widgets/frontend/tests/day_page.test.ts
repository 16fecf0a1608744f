// @vitest-environment happy-dom
import { afterEach, expect, test } from "vitest";
import day from "../src/day_page";
import { FakeModel, settled, show, type Message } from "./scene";

const LINE = { code: "tell:appointments", title: "Rappels de <b>mardi</b>", lead: "Préparer", state: ["todo", "→", "37 à envoyer"], detail: "8 à corriger", main: true };
const CALL = { patient: "7", appointment: "A1", name: "MARTEL Odette", time: "08:00", whom: "", numbers: ["02 61 91 21 01"], called: "" };
const DAY = {
  date: "Lundi", user: "claire", fresh: "Agenda importé à 16:45", at: "17:00", spent: ["214 envoyés aujourd’hui sur 500"], tell: [LINE], resume: [], settle: [],
  next_day: "mardi", phone: [CALL], leads: true,
};
let opened: Awaited<ReturnType<typeof show>>;
let model: FakeModel;
let answers: Record<string, Record<string, unknown>>;

async function open(): Promise<HTMLElement> {
  answers = { day: DAY, rest: { tell: [{ ...LINE, code: "tell:missed", title: "Manqués", main: false }] }, called: { called: "appelé à 17:01 par claire" } };
  const words = { called: "Appelé", call_done: "{patient} : appelé", counted: "Compté à {time}" };
  model = new FakeModel({ words, language: "fr" }, (message: Message) => answers[message.kind] ?? {});
  opened = await show(day, model);
  await settled();
  await settled();
  return opened.el;
}
afterEach(() => {
  opened.close();
  expect(model.listening()).toBe(0);
});

test("the day is told as text, and a line leads where it says", async () => {
  const el = await open();
  expect(model.sent.map(({ kind }) => kind)).toEqual(["day", "rest"]);
  expect(el.querySelector("h2")?.textContent).toBe("Lundi");
  expect(el.querySelector("b")).toBeNull();
  expect([...el.querySelectorAll("[data-line]")].map((one) => one.className)).toEqual(["pw-button pw-main", "pw-button"]);
  el.querySelector<HTMLElement>("[data-line='tell:missed']")?.click();
  expect(model.sent.at(-1)).toMatchObject({ kind: "go", line: "tell:missed" });
  el.querySelector<HTMLElement>(".pw-day-name")?.click();
  expect(model.sent.at(-1)).toMatchObject({ kind: "patient", patient: "7" });
});

test("the place of the lines that come later is kept free, so that no button moves", async () => {
  const unanswered = { request: "another" };
  model = new FakeModel({ words: {}, language: "fr" }, ({ kind }: Message) => (kind === "rest" ? unanswered : DAY));
  opened = await show(day, model);
  await settled();
  expect(opened.el.textContent).toContain("Rappels");
  expect(opened.el.querySelectorAll("li[aria-hidden]").length).toBe(4);
});

test("no place is kept free for what could not be counted", async () => {
  model = new FakeModel({ words: {}, language: "fr" }, ({ kind }: Message) => (kind === "rest" ? { error: "Impossible." } : DAY));
  opened = await show(day, model);
  await settled();
  await settled();
  expect(opened.el.querySelector("[role=alert]")?.textContent).toBe("✕ Impossible.");
  expect(opened.el.querySelectorAll("li[aria-hidden]").length).toBe(0);
});

test("a tick is told, and taken back when it cannot be kept", async () => {
  const el = await open();
  const box = el.querySelector<HTMLInputElement>("input[type=checkbox]")!;
  expect(box.getAttribute("aria-label")).toBe("MARTEL Odette : appelé");
  box.checked = true;
  box.dispatchEvent(new Event("change"));
  await settled();
  expect(model.sent.at(-1)).toMatchObject({ kind: "called", patient: "7", appointment: "A1", done: true });
  expect(el.textContent).toContain("appelé à 17:01 par claire");
  answers["called"] = { error: "Impossible." };
  box.checked = false;
  box.dispatchEvent(new Event("change"));
  await settled();
  expect(box.checked).toBe(true);
  expect(el.querySelector("[role=alert]")?.textContent).toBe("✕ Impossible.");
});

test("it is counted anew when somebody comes back", async () => {
  await open();
  model.say({ kind: "opened" });
  await settled();
  await settled();
  expect(model.sent.filter(({ kind }) => kind === "day")).toHaveLength(2);
});
