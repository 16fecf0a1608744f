// @vitest-environment happy-dom
import { afterEach, expect, test, vi } from "vitest";
import picker, { matching } from "../src/template_picker";
import { FakeModel, settled, show } from "./scene";

const one = (folder: string, label: string, subject: string) => ({ path: folder ? `${folder}/${label}` : label, folder, label, subject });
const templates = [
  one("Vie du cabinet", "Fermeture d’été", "Le cabinet ferme <b>bientôt</b>"),
  one("Rendez-vous", "Rappel", "Votre rendez-vous du @RDVDATE"),
  one("Rendez-vous", "Manqué", "Vous avez manqué un rendez-vous"),
];

let opened: Awaited<ReturnType<typeof show>>;
let model: FakeModel;

async function open(more: Record<string, unknown> = {}): Promise<HTMLElement> {
  const answer = { templates, accounts: [], chosen: "Rendez-vous/Rappel", account: "", questions: [], sentence: "", bad: false, ...more };
  model = new FakeModel({ words: { subject: "Objet : {subject}", found: "{count}" }, language: "fr" }, (message) => (message.kind === "open" ? answer : {}));
  opened = await show(picker, model);
  return opened.el;
}

const field = (el: HTMLElement) => el.querySelector("[role=combobox]") as HTMLInputElement;
const options = (el: HTMLElement) => [...el.querySelectorAll<HTMLElement>("[role=option]")];
const key = (el: HTMLElement, name: string) => field(el).dispatchEvent(new KeyboardEvent("keydown", { key: name, bubbles: true }));
const type = (el: HTMLElement, text: string) => {
  field(el).value = text;
  field(el).dispatchEvent(new Event("input"));
};
const changes = () => model.sent.filter((message) => message.kind === "changed").map(({ chosen, account }) => ({ chosen, account }));

afterEach(() => opened.close());

test("the one chosen is shown with its subject, on one row", async () => {
  const el = await open();
  expect(field(el).value).toBe("Rappel");
  expect(el.querySelector(".pw-picker-subject")?.textContent).toBe("Objet : Votre rendez-vous du @RDVDATE");
  expect(el.querySelector("[role=listbox]")?.hasAttribute("hidden")).toBe(true);
});

test("what there is by now takes the place of what there was", async () => {
  const el = await open();
  const accounts = [["cabinet", "Cabinet"], ["test", "Boîte de test"]];
  const added = [...templates, one("Rendez-vous", "Votre visite", "À demain")];
  model.say({ kind: "offered", templates: added, accounts, chosen: "Rendez-vous/Rappel", account: "cabinet", questions: [], sentence: "", bad: false });
  expect(el.querySelector("select")?.value).toBe("cabinet");
  expect(el.querySelector("select")?.closest("[hidden]")).toBeNull();
  type(el, "visite");
  expect(options(el)).toHaveLength(1);
});

test("a new message is asked for by its name, in the folder that is proposed", async () => {
  const el = await open({ new: true });
  const button = el.querySelector<HTMLElement>(".pw-picker-new") as HTMLElement;
  const form = el.querySelector("form") as HTMLFormElement;
  button.click();
  await settled();
  const [name, folder] = form.querySelectorAll("input");
  expect([document.activeElement === name, form.querySelectorAll("datalist option").length]).toEqual([true, 2]);
  name!.value = "Travaux";
  folder!.value = "Rendez-vous";
  form.requestSubmit();
  await settled();
  await settled();
  expect(model.sent.filter(({ kind }) => kind === "new").map(({ label, folder: where }) => [label, where])).toEqual([[undefined, undefined], ["Travaux", "Rendez-vous"]]);
  expect([form.hidden, document.activeElement === field(el)]).toEqual([true, true]);
  button.click();
  await settled();
  const text = document.body.appendChild(document.createElement("textarea"));
  form.querySelector("input")!.value = "Travaux bis";
  form.requestSubmit();
  text.focus();
  await settled();
  await settled();
  expect([form.hidden, document.activeElement === text]).toEqual([true, true]);
  text.remove();
  opened.close();
  await open();
  expect(opened.el.querySelector<HTMLElement>(".pw-picker-new")?.hidden).toBe(true);
});

test("words are looked for without accents or case, in folder, label and subject", () => {
  expect(matching(templates, "MANQUE").map((found) => found.label)).toEqual(["Manqué"]);
  expect(matching(templates, "cabinet ete").map((found) => found.label)).toEqual(["Fermeture d’été"]);
  expect(matching(templates, "  ")).toHaveLength(3);
  expect(matching(templates, "zzz")).toEqual([]);
});

test("what begins with the words typed comes before what holds them elsewhere, and its folder with it", async () => {
  const many = [
    one("Cabinet", "Avant le rappel de rendez-vous", ""),
    one("Cabinet", "Rappel des gardes", "rend"),
    one("Rendez-vous", "Rappel de contrôle", "Votre visite"),
    one("Rendez-vous", "Rappel de rendez-vous", "Vos rendez-vous"),
  ];
  expect(matching(many, "rappel de rend").map((found) => found.label)).toEqual([
    "Rappel de rendez-vous", "Rappel de contrôle", "Avant le rappel de rendez-vous", "Rappel des gardes",
  ]);
  expect(matching(many, "").map((found) => found.label)).toEqual(many.map((each) => each.label));
  const el = await open({ templates: many });
  field(el).click();
  type(el, "rappel de rend");
  expect(options(el)[0]?.classList).toContain("pw-picker-active");
  key(el, "Enter");
  expect(field(el).value).toBe("Rappel de rendez-vous");
});

test("the list opens grouped by folder, and its texts are text", async () => {
  const el = await open();
  field(el).click();
  expect([...el.querySelectorAll("[role=listbox] [role=group]")].map((group) => group.getAttribute("aria-label"))).toEqual(["Rendez-vous", "Vie du cabinet"]);
  expect(options(el).map((option) => option.getAttribute("aria-selected"))).toEqual(["false", "true", "false"]);
  expect(el.querySelector("b")).toBeNull();
});

test("a list opened before the answer says that it waits, keeps what was typed, and fills", async () => {
  model = new FakeModel({ words: { waiting: "Lecture…", nothing: "Rien", found: "{count}" }, language: "fr" }, () => ({ request: -1 }));
  opened = await show(picker, model);
  const el = opened.el;
  field(el).click();
  expect(el.querySelector("[role=listbox]")?.textContent).toBe("Lecture…");
  type(el, "manque");
  const { request, view } = model.sent.find((message) => message.kind === "open")!;
  model.say({ kind: "answer", request, view, templates, accounts: [], chosen: "Rendez-vous/Rappel", account: "", questions: [], sentence: "", bad: false });
  await settled();
  expect(options(el).map((option) => option.textContent)).toEqual(["ManquéVous avez manqué un rendez-vous"]);
  expect(field(el).value).toBe("manque");
});

test("arrows and Enter choose, from what was typed", async () => {
  const el = await open();
  type(el, "rendez vous");
  expect(options(el)).toHaveLength(2);
  key(el, "ArrowUp");
  key(el, "ArrowDown");
  expect(field(el).getAttribute("aria-activedescendant")).toBe(options(el)[0]?.id);
  key(el, "Enter");
  await settled();
  expect(changes()).toEqual([{ chosen: "Rendez-vous/Manqué", account: "" }]);
  expect(field(el).value).toBe("Manqué");
});

test("a click chooses, and choosing the same one again tells nothing", async () => {
  const el = await open();
  field(el).click();
  options(el)[1]?.click();
  field(el).click();
  options(el)[2]?.click();
  await settled();
  expect(changes()).toEqual([{ chosen: "Vie du cabinet/Fermeture d’été", account: "" }]);
});

test("Escape gives the choice back, whatever was typed", async () => {
  const el = await open();
  type(el, "zzz");
  expect(el.querySelector("[aria-live]")?.textContent).toBeDefined();
  expect(options(el)).toHaveLength(0);
  key(el, "Escape");
  expect(field(el).value).toBe("Rappel");
  expect(changes()).toEqual([]);
});

test("an account is asked for only when there are several", async () => {
  const alone = await open({ accounts: [["a", "A"]], account: "a" });
  expect(alone.querySelector("select")?.closest<HTMLElement>(".pw-field")?.hidden).toBe(true);
  opened.close();
  const el = await open({ accounts: [["a", "A"], ["b", "B"]], account: "a" });
  const list = el.querySelector("select") as HTMLSelectElement;
  expect(list.closest<HTMLElement>(".pw-field")?.hidden).toBe(false);
  list.value = "b";
  list.dispatchEvent(new Event("change"));
  await settled();
  expect(changes()).toEqual([{ chosen: "Rendez-vous/Rappel", account: "b" }]);
});

test("what Python says is shown, and another view's choice too", async () => {
  const el = await open();
  model.say({ kind: "said", sentence: "Revenu à la version 3.", bad: true });
  expect(el.querySelector("[role=status]")?.textContent).toBe("✕ Revenu à la version 3.");
  model.say({ kind: "chosen", view: "another", chosen: "Rendez-vous/Manqué", account: "" });
  expect(field(el).value).toBe("Manqué");
  opened.close();
  expect(model.listening()).toBe(0);
});

test("a choice that Python does not take is told of, and what is chosen is shown again", async () => {
  const el = await open();
  const send = model.send.bind(model);
  vi.spyOn(model, "send").mockImplementation((content) => {
    const { kind, request, view } = content as { kind: string; request: number; view: string };
    if (kind === "changed") queueMicrotask(() => model.say({ kind: "answer", request, view, error: "There is no such email type." }));
    else send(content);
  });
  field(el).click();
  options(el)[2]?.click();
  for (let turn = 0; turn < 4; turn += 1) await settled();
  expect(field(el).value).toBe("Rappel");
  expect(el.querySelector("[role=status]")?.textContent).toBe("✕ There is no such email type.");
});

test("a choice that nobody hears is not shown as made", async () => {
  const el = await open();
  vi.spyOn(model, "send").mockImplementation(() => {
    throw new Error("Comm is closed");
  });
  field(el).click();
  options(el)[2]?.click();
  await settled();
  expect(field(el).value).toBe("Rappel");
  expect(el.querySelector<HTMLElement>("[role=alert]")?.hidden).toBe(false);
});

const closing = [
  { code: "FERMDU", label: "Premier jour", type: "day", answer: "2026-12-24" },
  { code: "ANNEE", label: "Année", type: "year", answer: "2027" },
  { code: "TEXTE", label: "Texte <b>libre</b>", type: "long_text", answer: "" },
];
const asked = (el: HTMLElement) => [...el.querySelectorAll<HTMLInputElement | HTMLTextAreaElement>(".pw-picker-asked [data-code]")];
const answers = () => model.sent.filter((message) => message.kind === "answered").map(({ code, value }) => ({ code, value }));

test("what is asked once is a form under the row, with what is proposed", async () => {
  const el = await open({ questions: closing });
  expect(asked(el).map((input) => [input.dataset["code"], input.value])).toEqual([["FERMDU", "2026-12-24"], ["ANNEE", "2027"], ["TEXTE", ""]]);
  expect(asked(el).map((input) => input.tagName)).toEqual(["INPUT", "INPUT", "TEXTAREA"]);
  expect(asked(el)[0]?.getAttribute("type")).toBe("date");
  expect(el.querySelector(".pw-picker-asked b")).toBeNull();
  expect((await open()).querySelector(".pw-picker-asked")?.hasAttribute("hidden")).toBe(true);
});

test("each answer is told, and what somebody is writing stays as it is", async () => {
  const el = await open({ questions: closing });
  document.body.append(el);
  const [day, , text] = asked(el);
  day!.value = "2026-12-26";
  day!.dispatchEvent(new Event("change"));
  await settled();
  expect(answers()).toEqual([{ code: "FERMDU", value: "2026-12-26" }]);
  text!.focus();
  text!.value = "Bonne";
  model.say({ kind: "asked", questions: closing.map((one) => ({ ...one, answer: one.code === "FERMDU" ? "2026-12-26" : "dit ailleurs" })) });
  expect(asked(el).map((input) => input.value)).toEqual(["2026-12-26", "dit ailleurs", "Bonne"]);
});

test("another email type asks something else, or nothing", async () => {
  const el = await open({ questions: closing });
  model.say({ kind: "asked", questions: closing.slice(2) });
  expect(asked(el).map((input) => input.dataset["code"])).toEqual(["TEXTE"]);
  model.say({ kind: "asked", questions: [] });
  expect(el.querySelector(".pw-picker-asked")?.hasAttribute("hidden")).toBe(true);
});
