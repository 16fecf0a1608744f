// @vitest-environment happy-dom
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import page from "../src/patient_page";
import { FakeModel, settled, show, type Message } from "./scene";

const PATIENT = {
  number: "7", name: "AUBRY <i>Nathan</i>", facts: ["16/10/2014 (12 ans)"], marks: [["none", "•", "Mineur"]], address: { email: "a@b.example", state: ["good", "✓", "adresse : bonne"] },
  objects: false, languages: [["fr", "français"]],
  groups: [{ key: "R1", title: "Responsable", fields: [{ column: "phone", label: "Téléphone", value: "02" }, { column: "language", label: "Langue", value: "fr" }] }],
};
const ROW = { id: 3, at: "hier", subject: "…", whom: "Émilie", state: ["good", "✓", "Envoyé"], reason: "", repeatable: true, deleted: "" };
let opened: Awaited<ReturnType<typeof show>>;
let model: FakeModel;
let answers: Record<string, Record<string, unknown>>;
beforeEach(() => {
  vi.stubGlobal("ResizeObserver", class { observe() {} disconnect() {} });
});

async function open(tab = "sent"): Promise<HTMLElement> {
  answers = {
    open: { patient: PATIENT, tab, finds: false },
    history: { rows: [ROW], count: "1 message" },
    subjects: { subjects: { "3": "Votre <b>rendez-vous</b>" } },
    favourites: { types: [["Rendez-vous/Rappel", "Rappel"]] },
    correct: { patient: PATIENT },
    opt_out: { patient: { ...PATIENT, objects: true } },
    message: { broken: "Il n’est plus conservé." },
  };
  model = new FakeModel({ words: { saved: "✓ Enregistré" }, language: "fr" }, (message: Message) => answers[message.kind] ?? {});
  opened = await show(page, model);
  for (let turn = 0; turn < 6; turn += 1) await settled();
  return opened.el;
}
afterEach(() => {
  opened.close();
  expect(model.listening()).toBe(0);
});

test("who it is stands there as text, and what was sent by its subject", async () => {
  const el = await open();
  expect(el.querySelector("h2")?.textContent).toBe("AUBRY <i>Nathan</i>");
  expect(el.querySelector("h2 i, .pw-patient-subject b")).toBeNull();
  expect(el.querySelector(".pw-patient-subject")?.textContent).toBe("Votre <b>rendez-vous</b>");
  el.querySelector<HTMLElement>("[data-template='Rendez-vous/Rappel']")?.click();
  expect(model.sent.at(-1)).toMatchObject({ kind: "begin", patient: "7", template: "Rendez-vous/Rappel" });
});

test("a value is saved as it is left, and stays to be put right when it is refused", async () => {
  const el = await open("file");
  const phone = el.querySelector<HTMLInputElement>("[data-column=phone]")!;
  phone.value = "03";
  phone.dispatchEvent(new Event("change"));
  await settled();
  expect(model.sent.at(-1)).toMatchObject({ kind: "correct", patient: "7", person: "R1", column: "phone", value: "03" });
  expect(el.textContent).toContain("✓ Enregistré");
  answers["correct"] = { error: "Ce n’est pas un numéro." };
  phone.value = "x";
  phone.dispatchEvent(new Event("change"));
  await settled();
  expect([phone.value, phone.getAttribute("aria-invalid")]).toEqual(["x", "true"]);
  expect(el.querySelector("[role=alert]")?.textContent).toBe("✕ Ce n’est pas un numéro.");
});

test("a message that was begun and is not sent is taken up again or given up, and told nowhere where it is in sight", async () => {
  const el = await open();
  const unsent = el.querySelector<HTMLElement>(".pw-patient-unsent")!;
  expect(unsent.hidden).toBe(true);
  model.say({ kind: "unsent", unsent: "Un message <b>attend</b>" });
  expect([unsent.hidden, unsent.querySelector("b")]).toEqual([false, null]);
  el.querySelector<HTMLElement>("[data-act=resume]")?.click();
  expect(model.sent.at(-1)).toMatchObject({ kind: "unsent", patient: "7", resume: true });
  model.say({ kind: "turned", tab: "write" });
  expect(unsent.hidden).toBe(true);
  model.say({ kind: "turned", tab: "sent" });
  const giveUp = el.querySelector<HTMLElement>("[data-act=give-up]")!;
  giveUp.focus();
  giveUp.click();
  expect(model.sent.find(({ kind, resume }) => kind === "unsent" && resume === false)).toMatchObject({ patient: "7" });
  model.say({ kind: "unsent", unsent: "" });
  expect([unsent.hidden, document.activeElement?.getAttribute("role")]).toEqual([true, "tab"]);
});

test("an opposition is written down in one gesture", async () => {
  const el = await open();
  el.querySelector<HTMLElement>("[data-act=opt-out]")?.click();
  await settled();
  expect(model.sent.at(-1)).toMatchObject({ kind: "opt_out", patient: "7", out: true });
  expect(el.querySelector("[data-act=opt-out]")?.textContent).toBe("allow");
});

test("a message is deleted only with a reason asked in place", async () => {
  const el = await open();
  el.querySelector<HTMLElement>("[data-id='3']")?.click();
  await settled();
  expect(el.textContent).toContain("Il n’est plus conservé.");
  const press = (text: string) => [...el.querySelectorAll("button")].find((one) => one.textContent === text)?.click();
  press("delete");
  expect(model.sent.some(({ kind }) => kind === "delete")).toBe(false);
  const reason = el.querySelector<HTMLInputElement>(".pw-patient-why input")!;
  reason.value = "erreur";
  press("delete_now");
  await settled();
  expect(model.sent.find(({ kind }) => kind === "delete")).toMatchObject({ patient: "7", id: 3, reason: "erreur" });
});

test("the parts are tabs that the arrows walk through", async () => {
  const el = await open();
  const tab = (name: string) => el.querySelector<HTMLElement>(`[data-tab=${name}]`)!;
  expect(tab("sent").getAttribute("aria-selected")).toBe("true");
  tab("sent").dispatchEvent(new KeyboardEvent("keydown", { key: "ArrowRight", bubbles: true, cancelable: true }));
  expect(tab("file").getAttribute("aria-selected")).toBe("true");
  expect(model.sent.at(-1)).toMatchObject({ kind: "tab", tab: "file" });
});

test("whoever is led here again, to the same patient, begins at the name", async () => {
  const el = await open();
  const name = el.querySelector<HTMLElement>("h2")!;
  name.blur();
  model.say({ kind: "opened" });
  await settled();
  expect(document.activeElement).toBe(name);
});
