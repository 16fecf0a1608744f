// @vitest-environment happy-dom
import { afterEach, expect, test } from "vitest";
import form from "../src/search_form";
import { FakeModel, settled, show, type Message } from "./scene";

const parameter = (name: string) => ({ name, kind: "day", label: name, choices: null, fixed: false, default: null, follows: null });
const searches = [{ name: "appointments", label: "Rendez-vous", parameters: [parameter("start"), parameter("end")], first: ["start", "end"] }];
const demain = { label: "Demain", name: "appointments", values: { start: "tomorrow", end: "tomorrow" } };

let opened: Awaited<ReturnType<typeof show>>;
let model: FakeModel;
let refusal = "";

async function open(values: Record<string, string>, more: Record<string, unknown> = {}): Promise<HTMLElement> {
  const answer = (message: Message) => {
    if (message.kind === "keep") return refusal ? { error: refusal } : { name: message["what"] === "rename" ? message["new"] : message["name"] };
    if (message.kind !== "open") return {};
    return {
      searches, groups: [{ label: "Agenda", names: ["appointments"] }], saved: [], proposed: {}, can_keep: true, name: "appointments", values, days: "",
      sentence: "", bad: false, ...more,
    };
  };
  model = new FakeModel({ words: { proposes: "Email type par défaut : {template}", replace: "remplacer {name} ?", forget_sure: "oublier {name} ?" }, language: "fr" }, answer);
  opened = await show(form, model);
  return opened.el;
}

const press = (el: HTMLElement, name: string): void => {
  const found = [...el.querySelectorAll<HTMLButtonElement>(".pw-form-keep button")].find((one) => one.textContent === name);
  if (!found) throw new Error(`no button ${name}`);
  found.click();
};
const offered = (el: HTMLElement): (string | null)[] => [...el.querySelectorAll(".pw-form-keep button")].map((one) => one.textContent);
const type = (el: HTMLElement, text: string): void => {
  const input = el.querySelector<HTMLInputElement>(".pw-form-keep input") as HTMLInputElement;
  input.value = text;
  input.dispatchEvent(new Event("input", { bubbles: true }));
};
const kept = (): Message[] => model.sent.filter(({ kind }) => kind === "keep");

afterEach(() => {
  opened.close();
  refusal = "";
});

test("a search is saved as it is asked, its days still relative", async () => {
  const el = await open({ start: "J+1 open", end: "J+1 open" });
  press(el, "keep");
  expect(document.activeElement?.tagName).toBe("INPUT");
  type(el, "Rappels <b>");
  press(el, "keep_now");
  await settled();
  expect(kept()).toMatchObject([{ what: "save", name: "Rappels <b>", search: "appointments", values: { start: "J+1 open", end: "J+1 open" } }]);
  model.say({ kind: "saved", saved: [{ label: "Rappels <b>", name: "appointments", values: { start: "J+1 open", end: "J+1 open" } }], proposed: {} });
  expect(el.querySelector("select")?.value).toBe("saved:0");
  expect(el.querySelector("b")).toBeNull();
  expect(offered(el)).toEqual(["rename", "forget"]);
});

test("a name that there is already is asked about once, in place", async () => {
  const el = await open({ start: "today" }, { saved: [demain] });
  press(el, "keep");
  type(el, " DEMAIN ");
  press(el, "keep_now");
  await settled();
  expect(kept()).toEqual([]);
  expect(el.querySelector(".pw-form-sure")?.textContent).toBe("remplacer DEMAIN ?");
  press(el, "replace_now");
  await settled();
  expect(kept()).toMatchObject([{ what: "save", name: "DEMAIN" }]);
});

test("a refused name stays in its field with the sentence", async () => {
  const el = await open({ start: "today" });
  refusal = "« Rendez-vous » est une recherche de l’atelier.";
  press(el, "keep");
  type(el, "Rendez-vous");
  press(el, "keep_now");
  await settled();
  expect(el.querySelector<HTMLInputElement>(".pw-form-keep input")?.value).toBe("Rendez-vous");
  expect(el.querySelector(".pw-form-keep [role=status]")?.textContent).toBe(`✕ ${refusal}`);
});

test("a saved search is called otherwise, or forgotten after one question", async () => {
  const el = await open(demain.values, { saved: [demain] });
  press(el, "rename");
  expect(el.querySelector<HTMLInputElement>(".pw-form-keep input")?.value).toBe("Demain");
  type(el, "Rappels");
  press(el, "rename");
  await settled();
  expect(kept()).toMatchObject([{ what: "rename", name: "Demain", new: "Rappels" }]);
  press(el, "forget");
  expect(el.querySelector(".pw-form-sure")?.textContent).toBe("oublier Demain ?");
  press(el, "cancel");
  expect(kept()).toHaveLength(1);
  press(el, "forget");
  press(el, "forget_now");
  await settled();
  expect(kept()[1]).toMatchObject({ what: "forget", name: "Demain" });
});

test("the email type that a search proposes is said, the saved one's own before its search's", async () => {
  const proposed = { Demain: "Rappel", appointments: "Autre" };
  const el = await open(demain.values, { saved: [demain], proposed });
  expect(el.querySelector(".pw-form-proposes")?.textContent).toBe("Email type par défaut : Rappel");
  el.querySelector<HTMLButtonElement>('.pw-chip[data-value="today"]')?.click();
  await settled();
  expect(el.querySelector(".pw-form-proposes")?.textContent).toBe("Email type par défaut : Autre");
  expect(offered(el)).toEqual(["keep"]);
});

test("a form that keeps nothing offers nothing of it", async () => {
  const el = await open({}, { can_keep: false });
  expect(el.querySelector<HTMLElement>(".pw-form-keep")?.hidden).toBe(true);
});
