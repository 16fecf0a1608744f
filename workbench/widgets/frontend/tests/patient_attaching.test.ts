// @vitest-environment happy-dom
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import attaching from "../src/patient_attaching";
import { FakeModel, settled, show } from "./scene";

const piece = (name: string, more: Record<string, unknown> = {}) => ({ piece: name, label: `<b>${name}</b>`, day: "3 nov. 2026", image: false, health: false, on: false, ...more });
let opened: Awaited<ReturnType<typeof show>> | undefined;
let model: FakeModel;
let answers: Record<string, Record<string, unknown>>;

beforeEach(() => {
  vi.stubGlobal("URL", Object.assign(URL, { createObjectURL: () => "blob:x", revokeObjectURL: () => undefined }));
  answers = {
    open: { patient: "2201", rows: [piece("image:1", { image: true, health: true }), piece("invoice:9")], count: 0 },
    tick: { count: 1 },
    picture: { error: "Le fichier n’est pas là." },
  };
});
afterEach(() => opened?.close());

async function open(): Promise<HTMLElement> {
  model = new FakeModel({ words: { chosen: "{count} choisis", "chosen.one": "{count} choisi", health: "santé" }, language: "fr" }, (message) => answers[message.kind] ?? {});
  opened = await show(attaching, model);
  return opened.el;
}
const sent = (kind: string) => model.sent.filter((message) => message.kind === kind);

test("the file is asked for once somebody looks, and what it says is text", async () => {
  const el = await open();
  expect(sent("open").map((message) => message["list"])).toEqual([false]);
  el.querySelector("button")!.click();
  await settled();
  await settled();
  expect(el.querySelectorAll("li")).toHaveLength(2);
  expect(el.querySelector("li b")).toBeNull();
  expect(el.querySelectorAll(".pw-state-doubt")).toHaveLength(1);
  expect(el.querySelector<HTMLElement>(".pw-attaching-picture")!.title).toBe("Le fichier n’est pas là.");
  expect(document.activeElement).toBe(el.querySelector("input"));
});

test("a tick goes to Python with the patient it was shown for; a refusal takes it back", async () => {
  const el = await open();
  el.querySelector("button")!.click();
  await settled();
  await settled();
  const box = el.querySelectorAll<HTMLInputElement>("input")[1]!;
  box.checked = true;
  box.dispatchEvent(new Event("change"));
  await settled();
  expect(sent("tick")[0]).toMatchObject({ patient: "2201", piece: "invoice:9", on: true });
  expect(el.querySelector("[role=status]")?.textContent).toBe("1 choisi");
  answers["tick"] = { error: "Un autre patient est affiché." };
  box.checked = false;
  box.dispatchEvent(new Event("change"));
  await settled();
  expect(box.checked).toBe(true);
  expect(el.querySelector("[role=alert]")?.textContent).toBe("✕ Un autre patient est affiché.");
});

test("another patient is asked for anew, and Escape closes the list", async () => {
  const el = await open();
  el.querySelector("button")!.click();
  await settled();
  answers["open"] = { patient: "2202", rows: [], count: 0 };
  model.say({ kind: "patient" });
  await settled();
  expect(el.querySelectorAll("li")).toHaveLength(0);
  expect(el.querySelector("p.pw-note")?.textContent).toBe("nothing");
  el.querySelector(".pw-attaching-body")!.dispatchEvent(new KeyboardEvent("keydown", { key: "Escape" }));
  expect(el.querySelector<HTMLElement>(".pw-attaching-body")!.hidden).toBe(true);
});
