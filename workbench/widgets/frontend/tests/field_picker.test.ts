// @vitest-environment happy-dom
import { afterEach, expect, test } from "vitest";
import picker, { FIELD_TYPE, matching } from "../src/field_picker";
import { FakeModel, settled, show } from "./scene";

const one = (code: string, label: string, category: string, example = "", more: Record<string, unknown> = {}) => ({
  code, label, category, example, search: "", health: false, aliases: [], ...more,
});
const fields = [
  one("PNOM", "Nom du patient", "patient", "LEFÈVRE"),
  one("PNAIS", "Date de naissance", "patient", "<b>1990</b>"),
  one("REGSOLDE", "Solde du patient", "règlements"),
  one("ACTES", "Actes réalisés", "soins", "Détartrage", { health: true }),
  one("PART_01", "né / née", "champs particuliers", "née", { aliases: ["NAISSANCE"], search: "né née" }),
];
const tabs = [
  { name: "all", label: "Recherche", categories: [], kind: "" },
  { name: "main", label: "Principaux", categories: ["patient", "soins"], kind: "" },
  { name: "own", label: "Champs particuliers", categories: ["champs particuliers"], kind: "patient" },
];
const form = {
  code: "PART_02", known: false, grid: "patient", columns: [["girl", "Fille"], ["woman", "Femme"]], texts: {}, familiar: {}, label: "", names: "",
};
const words = { reads: "Pour {name} : {text}", reads_nothing: "Pour {name} : rien", inserted: "{label} inséré", kept: "@{code} gardé", new_patient: "Nouveau", new_patient_of: "Nouveau : {code}", found: "{count}", whose: "Valeurs de {name}" };

let opened: Awaited<ReturnType<typeof show>> | undefined;
let model: FakeModel;

async function open(answers: Record<string, Record<string, unknown>> = {}): Promise<HTMLElement> {
  const known: Record<string, Record<string, unknown>> = {
    open: { fields, tabs, person: { name: "LEFÈVRE Zoé", columns: { patient: "girl" }, familiar: false }, own: true }, form, ...answers,
  };
  model = new FakeModel({ words, language: "fr" }, (message) => known[message.kind] ?? {});
  opened = await show(picker, model);
  return opened.el;
}
const rows = (el: HTMLElement) => [...el.querySelectorAll<HTMLElement>(".pw-fields-one")];
const codes = (el: HTMLElement) => rows(el).map((row) => row.dataset["code"]);
const box = (el: HTMLElement) => el.querySelector("input[type=search]") as HTMLInputElement;
const press = (at: HTMLElement, key: string) => at.dispatchEvent(new KeyboardEvent("keydown", { key, bubbles: true }));
const type = (at: HTMLInputElement, text: string) => {
  at.value = text;
  at.dispatchEvent(new Event("input", { bubbles: true }));
};
const sent = (kind: string) => model.sent.filter((message) => message.kind === kind);
const tab = (el: HTMLElement, name: string) => [...el.querySelectorAll<HTMLElement>("[role=tab]")].find((found) => found.textContent === name)!;
const pressed = (el: HTMLElement, label: string) => [...el.querySelectorAll("button")].find((found) => found.textContent === label)!.click();

afterEach(() => opened?.close());

test("words are looked for without accents or case, the codes first", () => {
  const found = (typed: string) => matching(fields, typed).map((field) => field.code);
  expect(found("NEE")).toEqual(["PART_01"]);
  expect(found("@pna")).toEqual(["PNAIS"]);
  expect(found("solde patient")).toEqual(["REGSOLDE"]);
  expect(found("naissance")).toEqual(["PNAIS", "PART_01"]);
  expect(found("p")[0]).toBe("PNOM");
});

test("fields stand under their categories with their values, which are text, and health says so", async () => {
  const el = await open();
  expect(codes(el)).toEqual(["PNOM", "PNAIS", "REGSOLDE", "ACTES", "PART_01"]);
  expect(el.querySelector(".pw-fields-example b")).toBeNull();
  expect(rows(el)[1]!.textContent).toContain("<b>1990</b>");
  expect(rows(el)[3]!.textContent).toContain("✚ health");
  expect(rows(el)[2]!.textContent).toContain("no_value");
  expect(el.textContent).toContain("Valeurs de LEFÈVRE Zoé");
});

test("what is typed is found among all of them, and Enter inserts the first", async () => {
  const el = await open();
  tab(el, "Principaux").click();
  expect(codes(el)).toEqual(["PNOM", "PNAIS", "ACTES"]);
  type(box(el), "solde");
  expect(codes(el)).toEqual(["REGSOLDE"]);
  expect(tab(el, "Recherche").getAttribute("aria-selected")).toBe("true");
  press(box(el), "Enter");
  await settled();
  expect(sent("choose").map((message) => message["code"])).toEqual(["REGSOLDE"]);
  expect(el.querySelector("[role=status].pw-visually-hidden")?.textContent).toBe("Solde du patient inséré");
  press(box(el), "Escape");
  expect(rows(el)).toHaveLength(5);
});

test("arrows go through the list, and one field alone is in the order of Tab", async () => {
  const el = await open();
  press(box(el), "ArrowDown");
  expect(document.activeElement).toBe(rows(el)[0]);
  press(rows(el)[0]!, "ArrowDown");
  expect(document.activeElement).toBe(rows(el)[1]);
  expect(rows(el).filter((row) => row.tabIndex === 0)).toEqual([rows(el)[1]]);
  press(rows(el)[1]!, "Home");
  press(rows(el)[0]!, "ArrowUp");
  expect(document.activeElement).toBe(box(el));
  tab(el, "Recherche").focus();
  press(tab(el, "Recherche"), "ArrowRight");
  expect(tab(el, "Principaux").getAttribute("aria-selected")).toBe("true");
});

test("a field that is dragged is its code, as text and as a field", async () => {
  const el = await open();
  const carried = new Map<string, string>();
  const event = new Event("dragstart") as DragEvent;
  Object.defineProperty(event, "dataTransfer", { value: { setData: (kind: string, text: string) => carried.set(kind, text) } });
  rows(el)[0]!.dispatchEvent(event);
  expect([...carried]).toEqual([["text/plain", "@PNOM"], [FIELD_TYPE, "PNOM"]]);
});

test("codes are shown when somebody asks for them", async () => {
  const el = await open();
  const codesBox = el.querySelector("input[type=checkbox]") as HTMLInputElement;
  codesBox.checked = true;
  codesBox.dispatchEvent(new Event("change"));
  expect(rows(el)[0]!.textContent).toContain("@PNOM");
});

test("a field is made in place, and tells what the one in sight would read", async () => {
  const el = await open({ keep: { code: "PART_02" } });
  tab(el, "Champs particuliers").click();
  pressed(el, "+ Nouveau");
  await settled();
  expect(el.querySelector("h4")?.textContent).toBe("Nouveau : @PART_02");
  expect(el.querySelector(".pw-fields-reads")?.textContent).toBe("Pour LEFÈVRE Zoé : rien");
  const [girl] = el.querySelectorAll<HTMLInputElement>(".pw-fields-grid input");
  type(girl!, "ravie");
  expect(el.querySelector(".pw-fields-reads")?.textContent).toBe("Pour LEFÈVRE Zoé : ravie");
  model.say({ kind: "person", person: { name: "PETIT Léa", columns: { patient: "woman" }, familiar: false } });
  expect(el.querySelector(".pw-fields-reads")?.textContent).toBe("Pour PETIT Léa : rien");
  pressed(el, "keep_insert");
  await settled();
  expect(sent("keep")[0]).toMatchObject({ code: "", grid: "patient", texts: { girl: "ravie", woman: "" } });
  expect(sent("choose").at(-1)).toMatchObject({ code: "PART_02" });
  expect(el.querySelector("form")).toBeNull();
  expect(el.textContent).toContain("@PART_02 gardé");
});

test("what is refused is said in the form, and nothing typed is lost", async () => {
  const el = await open({ keep: { error: "Il manque un texte." } });
  tab(el, "Champs particuliers").click();
  pressed(el, "+ Nouveau");
  await settled();
  const [girl, woman] = el.querySelectorAll<HTMLInputElement>(".pw-fields-grid input");
  type(girl!, "ravie");
  pressed(el, "keep");
  await settled();
  expect(el.querySelector("form [role=alert]")?.textContent).toBe("✕ Il manque un texte.");
  expect(girl!.value).toBe("ravie");
  expect(document.activeElement).toBe(woman);
});

test("a field is removed after one question, unless it is used", async () => {
  const known = { ...form, code: "PART_01", known: true, texts: { girl: "née" } };
  const el = await open({ form: known, usage: { used: true, sentence: "Utilisé par « Rappel »." } });
  tab(el, "Champs particuliers").click();
  pressed(el, "edit_word");
  await settled();
  pressed(el, "remove");
  await settled();
  expect(el.querySelector(".pw-fields-asked")?.textContent).toContain("Utilisé par");
  expect(el.textContent).not.toContain("remove_now");
  expect(sent("remove")).toEqual([]);
});
