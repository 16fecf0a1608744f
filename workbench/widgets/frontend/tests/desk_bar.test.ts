// @vitest-environment happy-dom
import { afterEach, expect, test, vi } from "vitest";
import bar from "../src/desk_bar";
import { FakeModel, settled, show } from "./scene";

let opened: Awaited<ReturnType<typeof show>>;
let model: FakeModel;

async function open(answer: Record<string, unknown> = {}): Promise<HTMLElement> {
  const pages = [["day", "Ma journée"], ["publipostage", "Publipostage"]];
  model = new FakeModel({ words: {}, language: "fr", practice: "Cabinet", pages, current: "day" }, () => answer);
  opened = await show(bar, model);
  return opened.el;
}
const page = (el: HTMLElement, name: string) => el.querySelector<HTMLElement>(`[data-page=${name}]`);
afterEach(() => opened.close());

test("the page shown is marked, and a press asks for another one", async () => {
  const el = await open();
  expect(page(el, "day")?.getAttribute("aria-current")).toBe("page");
  page(el, "publipostage")?.click();
  await settled();
  expect(model.sent.map(({ kind, page }) => [kind, page])).toEqual([["go", "publipostage"]]);
  expect(page(el, "publipostage")?.hasAttribute("aria-current")).toBe(false);
});

test("a page that cannot be shown says why", async () => {
  const el = await open({ error: "Impossible." });
  page(el, "publipostage")?.click();
  await settled();
  expect(el.querySelector("[role=alert]")?.textContent).toBe("✕ Impossible.");
});

test("Ctrl+K leads into the box that finds anybody, and whoever is chosen is shown", async () => {
  vi.useFakeTimers();
  const pages = [["day", "Ma journée"]];
  const answer = { rows: [{ patient: "7", name: "AUBRY Nathan", about: "" }] };
  model = new FakeModel({ words: {}, language: "fr", practice: "Cabinet", pages, current: "day", finds: true }, () => answer);
  opened = await show(bar, model);
  const root = opened.el.querySelector<HTMLElement>(".pw")!;
  root.getClientRects = () => [{}] as unknown as DOMRectList;
  const input = opened.el.querySelector<HTMLInputElement>("[role=combobox]")!;
  const press = new KeyboardEvent("keydown", { key: "k", ctrlKey: true, cancelable: true, bubbles: true });
  page(opened.el, "day")?.dispatchEvent(press);
  expect(press.defaultPrevented).toBe(true);
  expect(document.activeElement).toBe(input);
  input.value = "aubry";
  input.dispatchEvent(new Event("input"));
  await vi.advanceTimersByTimeAsync(200);
  input.dispatchEvent(new KeyboardEvent("keydown", { key: "Enter", cancelable: true }));
  expect(model.sent.at(-1)).toMatchObject({ kind: "patient", patient: "7" });
  vi.useRealTimers();
});

test("another page begins at its top, wherever the one before was left", async () => {
  const listening = vi.spyOn(FakeModel.prototype, "on");
  const el = await open();
  const seen = vi.fn();
  el.querySelector<HTMLElement>(".pw")!.scrollIntoView = seen;
  model.set("current", "publipostage");
  for (const [event, callback] of listening.mock.calls) if (event === "change:current") callback();
  listening.mockRestore();
  expect(seen).toHaveBeenCalledWith({ block: "nearest" });
});

/** Open the bar with a clock that stands still; `says` is what Python says to it. */
async function openAndSay() {
  vi.useFakeTimers();
  const listening = vi.spyOn(FakeModel.prototype, "on");
  const el = await open();
  const says = (name: string, value: unknown): void => {
    model.set(name, value);
    for (const [event, callback] of listening.mock.calls) if (event === `change:${name}`) callback();
  };
  return { el, says, listening };
}

test("whoever was led to a patient goes back to where they stood, though the page was drawn anew", async () => {
  const { el, says, listening } = await openAndSay();
  const before = document.createElement("div");
  before.className = "pw";
  before.innerHTML = '<button data-name="patient-7">Compléter la fiche</button><button>Autre</button>';
  document.body.append(before);
  before.querySelector("button")!.click();
  before.querySelector("button")!.focus();
  model.set("pages", [["day", "Ma journée"], ["publipostage", "Publipostage"], ["patient", "Patient"]]);
  says("back", ["day", "Ma journée"]);
  says("current", "patient");
  const press = el.querySelector<HTMLButtonElement>(".pw-bar-back button")!;
  expect(press.textContent).toContain("back_to");
  press.click();
  expect(model.sent.at(-1)).toMatchObject({ kind: "go", page: "day" });
  before.replaceChildren();
  says("back", []);
  says("current", "day");
  expect(el.querySelector(".pw-bar-back button")).toBeNull();
  before.innerHTML = '<button>Autre</button><button data-name="patient-7">Compléter la fiche</button>';
  await vi.advanceTimersByTimeAsync(200);
  expect((document.activeElement as HTMLElement).dataset["name"]).toBe("patient-7");
  // Whoever goes on by themselves is not called back.
  document.dispatchEvent(new KeyboardEvent("keydown", { key: "Tab" }));
  (document.activeElement as HTMLElement).blur();
  await vi.advanceTimersByTimeAsync(200);
  expect(document.activeElement).toBe(document.body);
  before.remove();
  listening.mockRestore();
  vi.useRealTimers();
});

test("whoever stood nowhere, or on what is gone, goes back to the heading of the page", async () => {
  const { el, says, listening } = await openAndSay();
  const draw = (inside: string): HTMLElement => {
    const shown = document.createElement("div");
    shown.className = "pw";
    shown.innerHTML = inside;
    document.body.append(shown);
    return shown;
  };
  const away = (left: HTMLElement): HTMLElement => {
    left.remove();
    const patient = draw('<h2 tabindex="-1">AUBRY Nathan</h2>');
    // The page that comes may take the focus before it is said that it is shown.
    patient.querySelector("h2")!.focus();
    says("back", ["day", "Ma journée"]);
    says("current", "patient");
    return patient;
  };
  const back = (patient: HTMLElement, inside: string): HTMLElement => {
    el.querySelector<HTMLButtonElement>(".pw-bar-back button")!.click();
    says("back", []);
    says("current", "day");
    patient.remove();
    return draw(inside);
  };
  const day = "<h2>Lundi</h2><button>Appeler</button>";
  let shown = back(away(draw(day)), day);
  await vi.advanceTimersByTimeAsync(200);
  expect(document.activeElement).toBe(shown.querySelector("h2"));
  // What was left is named, though the patient's page had the focus since.
  const named = '<h2>Lundi</h2><button data-key="call">Appeler</button>';
  shown.innerHTML = named;
  shown.querySelector("button")!.focus();
  shown = back(away(shown), named);
  await vi.advanceTimersByTimeAsync(200);
  expect(document.activeElement).toBe(shown.querySelector("button"));
  // It is done meanwhile, and no longer there.
  shown = back(away(shown), day);
  await vi.advanceTimersByTimeAsync(200);
  expect(document.activeElement).toBe(shown.querySelector("h2"));
  shown.remove();
  listening.mockRestore();
  vi.useRealTimers();
});
