// @vitest-environment happy-dom
import { afterEach, expect, test, vi } from "vitest";
import { FilePanel, type PatientFile } from "../src/recipient_table/file_panel";
import { TakeOut } from "../src/recipient_table/take_out";
import { CountLine } from "../src/recipient_table/line";

const file = (values: Record<string, string> = {}): PatientFile => ({
  name: "<b>LEFÈVRE</b> Zoé",
  number: "1893",
  people: [
    { key: "", title: "Patient", name: "LEFÈVRE Zoé", values: { civility: "", phone: "02", mobile: "", email: "", language: "fr", ...values } },
    { key: "K/7", title: "Responsable (mère)", name: "LEFÈVRE Claire", values: { civility: "Mme", phone: "", mobile: "06", email: "c@exemple.fr", language: "" } },
  ],
  alone: false,
  languages: [["fr", "français"], ["en", "anglais"]],
});

const saves: [string, Record<string, Record<string, string>>][] = [];
let refusal = "";
let hold: Promise<string> | undefined;
let closed = 0;
let went = 0;

function panelOf(canGo = true): FilePanel {
  const panel = new FilePanel({
    word: (name, values = {}) => [name, ...Object.values(values)].join(" "),
    canGo: () => canGo,
    save: async (patientId, changed) => {
      saves.push([patientId, changed]);
      return hold ?? refusal;
    },
    go: () => void (went += 1),
    closed: () => void (closed += 1),
  });
  document.body.append(panel.root);
  return panel;
}

const input = (panel: FilePanel, name: string): HTMLInputElement => panel.root.querySelector(`[data-name="${name}"]`) as HTMLInputElement;
const type = (field: HTMLInputElement, text: string): void => {
  field.value = text;
  field.dispatchEvent(new Event("input", { bubbles: true }));
};
const press = (target: Element, key: string): void => void target.dispatchEvent(new KeyboardEvent("keydown", { key, bubbles: true, cancelable: true }));
const settled = async (): Promise<void> => {
  for (let turn = 0; turn < 5; turn += 1) await Promise.resolve();
};

afterEach(() => {
  document.body.replaceChildren();
  saves.length = 0;
  refusal = "";
  hold = undefined;
  closed = went = 0;
});

test("a file shows the patient and who answers for them, as text, and the keyboard begins where something is missing", () => {
  const panel = panelOf();
  panel.show("1893", file());
  expect(panel.root.hidden).toBe(false);
  expect(panel.root.querySelector("b")).toBeNull();
  expect(panel.root.querySelector("bdi")?.textContent).toBe("<b>LEFÈVRE</b> Zoé");
  expect([...panel.root.querySelectorAll("[role=group]")].map((one) => one.getAttribute("aria-label"))).toEqual(["Patient", "Responsable (mère) · LEFÈVRE Claire"]);
  expect(document.activeElement).toBe(input(panel, "/mobile"));
  for (const field of panel.root.querySelectorAll("input, select")) expect(panel.root.querySelector(`label[for="${field.id}"]`)).not.toBeNull();
});

test("where nobody can be written to, the keyboard begins at the missing address, and the page does not jump", () => {
  const focusing = vi.spyOn(HTMLElement.prototype, "focus");
  const panel = panelOf();
  panel.show("1893", file(), true, true);
  expect(document.activeElement).toBe(input(panel, "/email"));
  expect(focusing.mock.calls).toEqual([[{ preventScroll: true }]]);
  focusing.mockRestore();
  panel.show("1893", file({ email: "zoe@" }), true, true);
  expect(document.activeElement).toBe(input(panel, "/email"));
  const alone = { key: "+", title: "Nouveau responsable", name: "", values: { last_name: "", email: "" } };
  panel.show("7", { ...file(), alone: true, new: alone }, true, true);
  expect(document.activeElement).toBe(input(panel, "+/last_name"));
});

test("only what was changed is saved, by person, and the panel goes", async () => {
  const panel = panelOf();
  panel.show("1893", file());
  type(input(panel, "/mobile"), "06 12 34 56 78");
  type(input(panel, "K/7/email"), "");
  type(input(panel, "/phone"), "03");
  type(input(panel, "/phone"), "02");
  press(input(panel, "/mobile"), "Enter");
  await settled();
  expect(saves).toEqual([["1893", { "": { mobile: "06 12 34 56 78" }, "K/7": { email: "" } }]]);
  expect(panel.open).toBe(false);
  expect(closed).toBe(1);
});

test("while a file is being saved nothing is typed into it that would be lost, and it is saved once", async () => {
  const panel = panelOf();
  panel.show("1893", file());
  let answer = (_refused: string): void => undefined;
  hold = new Promise((done) => (answer = done));
  type(input(panel, "/mobile"), "06 12");
  press(input(panel, "/mobile"), "Enter");
  expect([...panel.root.querySelectorAll("input")].every((one) => one.readOnly)).toBe(true);
  panel.show("2", file());
  expect(input(panel, "/mobile").readOnly).toBe(false);
  panel.show("1893", file());
  expect(input(panel, "/mobile").readOnly).toBe(true);
  press(input(panel, "/mobile"), "Enter");
  answer("Le noyau est occupé.");
  await settled();
  expect(saves).toHaveLength(1);
  expect(input(panel, "/mobile").readOnly).toBe(false);
  expect(input(panel, "/mobile").value).toBe("06 12");
});

test("what is refused stays with its sentence", async () => {
  const panel = panelOf();
  panel.show("1893", file());
  refusal = "Ce n’est pas une adresse.";
  type(input(panel, "/email"), "zoe");
  press(input(panel, "/email"), "Enter");
  await settled();
  expect(panel.open).toBe(true);
  expect(input(panel, "/email").value).toBe("zoe");
  expect(panel.root.querySelector("[role=status]")?.textContent).toBe("✕ Ce n’est pas une adresse.");
});

test("what was typed outlives another row, and Escape leaves the file as it is", () => {
  const panel = panelOf();
  panel.show("1893", file());
  type(input(panel, "/mobile"), "06 12");
  panel.show("2", file());
  expect(input(panel, "/mobile").value).toBe("");
  panel.show("1893", file());
  expect(input(panel, "/mobile").value).toBe("06 12");
  expect(panel.root.querySelector("[role=status]")?.textContent).toBe("typed_before");
  press(input(panel, "/mobile"), "Escape");
  panel.show("1893", file());
  expect(input(panel, "/mobile").value).toBe("");
  expect(saves).toEqual([]);
});

test("the patient's own page is offered only where there is one", () => {
  const alone = panelOf(false);
  alone.show("1893", file());
  expect([...alone.root.querySelectorAll("button")].map((one) => one.textContent)).toEqual(["close", "save_file"]);
  const led = panelOf();
  led.show("1893", file());
  led.root.querySelector<HTMLButtonElement>("button")?.click();
  expect(went).toBe(1);
});

test("somebody who answers for a child is written down in place, at once where nobody is", async () => {
  const newcomer = { key: "+", title: "Nouveau responsable", name: "", values: { relation: "", last_name: "", email: "" } };
  const panel = panelOf(false);
  panel.show("1893", { ...file(), new: newcomer });
  expect(input(panel, "+/last_name")).toBeNull();
  [...panel.root.querySelectorAll("button")].find((one) => one.textContent === "+ add_guardian")?.click();
  expect(document.activeElement).toBe(input(panel, "+/relation"));
  panel.show("7", { ...file(), alone: true, people: file().people.slice(0, 1), new: newcomer });
  expect(document.activeElement).toBe(input(panel, "+/last_name"));
  type(input(panel, "+/last_name"), "ROUX");
  press(input(panel, "+/last_name"), "Enter");
  await settled();
  expect(saves).toEqual([["7", { "+": { last_name: "ROUX" } }]]);
});

test("a language that nobody has written down is not invented", () => {
  const panel = panelOf();
  panel.show("1893", file());
  expect(input(panel, "K/7/language").value).toBe("");
  expect(input(panel, "/language").value).toBe("fr");
});

test("the ticked rows are taken out as asked, with the remark when it is ticked", () => {
  const handed: [string, boolean][] = [];
  const out = new TakeOut({ word: (name) => name, hand: async (what, remark) => void handed.push([what, remark]) });
  document.body.append(...out.parts);
  const item = (name: string): HTMLButtonElement => [...document.querySelectorAll("button")].find((one) => one.textContent === name) as HTMLButtonElement;
  item("export_csv").click();
  item("print_list").click();
  document.querySelector<HTMLInputElement>("input[type=checkbox]")!.checked = true;
  item("print_list").click();
  expect(handed).toEqual([["csv", false], ["list", false], ["list", true]]);
  out.offer(false);
  expect(out.parts.every((one) => one.hidden)).toBe(true);
});

test("Escape closes a menu and goes back to its word", () => {
  const out = new TakeOut({ word: (name) => name, hand: vi.fn() });
  document.body.append(...out.parts);
  const menu = out.parts[0] as HTMLDetailsElement;
  menu.open = true;
  press(menu.querySelector("button")!, "Escape");
  expect(menu.open).toBe(false);
});

test("who is to telephone is a button of the line, pressed while only they are shown", () => {
  const phoned = vi.fn();
  const line = new CountLine((name) => name, vi.fn(), phoned);
  line.show([{ part: "rows", text: "47" }, { part: "to_phone", text: "4 à téléphoner" }], { problems: false, to_phone: true });
  const button = [...line.root.querySelectorAll("button")].find((one) => !one.hidden) as HTMLButtonElement;
  expect(button.textContent).toBe("☎ 4 à téléphoner");
  expect(button.getAttribute("aria-pressed")).toBe("true");
  button.click();
  expect(phoned).toHaveBeenCalledOnce();
});
