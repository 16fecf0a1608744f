// @vitest-environment happy-dom
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import notebookForm, { SETTLED_MS } from "../src/notebook_form";
import { FakeModel, settled, show } from "./scene";

const one = (name: string, kind: string, value: string, choices: [string, string][] = []) => ({ name, kind, label: `<b>${name}</b>`, value, choices });
const fields = [
  one("start", "day", "tomorrow"),
  one("practitioner", "choices", "CC", [["CC", "Dr C"], ["MM", "Dr M"]]),
  one("template", "choice", "A/B", [["A/B", "A / B"], ["A/C", "A / C"]]),
  one("limit", "fixed", "len(x)"),
  one("dry_run", "tick", "no"),
];

let opened: Awaited<ReturnType<typeof show>>;
let model: FakeModel;
let answers: Record<string, Record<string, unknown>>;

beforeEach(() => {
  vi.useFakeTimers();
  const meant = { problems: {}, days: { start: "mar. 24 nov." } };
  answers = { open: { notebook: "a.ipynb", fields, ...meant }, look: meant, copy: { ...meant, path: "notebooks/a-2.ipynb" }, run: meant };
});
afterEach(() => {
  opened.close();
  expect(model.listening()).toBe(0);
  vi.useRealTimers();
});

async function open(): Promise<HTMLElement> {
  model = new FakeModel({ words: { copied: "copie {path}" }, language: "fr" }, (message) => answers[message.kind] ?? {});
  opened = await show(notebookForm, model);
  await settled();
  return opened.el;
}
const asked = (kind: string) => model.sent.filter((message) => message.kind === kind);
const press = async (el: HTMLElement, label: string): Promise<void> => {
  [...el.querySelectorAll("button")].find((button) => button.textContent === label)!.click();
  await settled();
};

test("each parameter has its control, its text as text, and its real day", async () => {
  const el = await open();
  expect(el.querySelector("b")).toBeNull();
  expect(el.textContent).toContain("mar. 24 nov.");
  expect(el.querySelector<HTMLInputElement>("[data-parameter=limit]")!.disabled).toBe(true);
  const box = el.querySelector<HTMLInputElement>("[data-parameter=dry_run]")!;
  expect(box.checked).toBe(false);
  box.click();
  el.querySelector<HTMLInputElement>("input[value=MM]")!.click();
  await vi.advanceTimersByTimeAsync(SETTLED_MS);
  expect(asked("look").at(-1)).toMatchObject({ values: { start: "tomorrow", practitioner: "CC,MM", template: "A/B", dry_run: "yes" } });
  expect(asked("look").at(-1)!["values"]).not.toHaveProperty("limit");
});

test("a copy is told where it stands; what is wrong is told beside its field", async () => {
  const el = await open();
  await press(el, "copy");
  expect(el.textContent).toContain("copie notebooks/a-2.ipynb");
  answers["copy"] = { problems: { start: "Pas une date" }, days: {} };
  await press(el, "copy");
  const start = el.querySelector<HTMLElement>("[data-parameter=start]")!;
  expect(el.querySelector(`#${start.getAttribute("aria-describedby")}`)?.textContent).toBe("✕ Pas une date");
  expect(document.activeElement).toBe(start);
});

test("a list of choices is told what is wrong with it, and has the focus", async () => {
  answers["copy"] = { problems: { practitioner: "Personne" }, days: {} };
  const el = await open();
  await press(el, "copy");
  const control = el.querySelector<HTMLElement>("[data-parameter=practitioner]")!;
  expect(el.querySelector(`#${control.getAttribute("aria-describedby")}`)?.textContent).toBe("✕ Personne");
  expect(control.getAttribute("aria-invalid")).toBe("true");
  expect(document.activeElement).toBe(control);
});

test("that the notebook is running stays in sight while a parameter is changed", async () => {
  const el = await open();
  el.querySelector<HTMLInputElement>("[data-parameter=dry_run]")!.click();
  await press(el, "run");
  const said = () => el.querySelector(".pw-note[role=status]")!.textContent;
  expect(said()).toBe("working");
  el.querySelector<HTMLInputElement>("input[value=MM]")!.click();
  expect(said()).toBe("working");
  model.say({ kind: "ran", sentence: "✓ 3", error: "" });
  el.querySelector<HTMLInputElement>("input[value=MM]")!.click();
  expect(said()).toBe("");
});

test("what sends is asked about once, a trial is not", async () => {
  const el = await open();
  await press(el, "run");
  expect(asked("run")).toHaveLength(0);
  await press(el, "run_yes");
  expect(asked("run")).toHaveLength(1);
  model.say({ kind: "ran", sentence: "✓ 3 envoyés", error: "" });
  expect(el.textContent).toContain("✓ 3 envoyés");
  el.querySelector<HTMLInputElement>("[data-parameter=dry_run]")!.click();
  await press(el, "run");
  expect(asked("run")).toHaveLength(2);
});
