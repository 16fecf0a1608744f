// @vitest-environment happy-dom
import { afterEach, expect, test } from "vitest";
import options from "../src/publipostage_options";
import { FakeModel, settled, show } from "./scene";

const state = {
  round: 1,
  ready: true, signatures: [["", "Cabinet (habituelle)"], ["-", "Aucune"]], signature: "", roles: [["", "Patient (habituel)"], ["payer", "Payeur"]], role: "",
  options: [["keep_messages", true], ["read_receipt", false]],
  files: [{ kept: "1/plan.pdf", name: "plan.pdf", size: "84 Ko", own: false }, { kept: "2/<i>.png", name: "<i>.png", size: "3 Ko", own: true }],
  health: { asked: false, reason: "" },
};

let opened: Awaited<ReturnType<typeof show>>;
let model: FakeModel;

async function open(more: Record<string, unknown> = {}): Promise<HTMLElement> {
  model = new FakeModel({ words: { remove: "Retirer {name}", none: "aucune" }, language: "fr" }, (message) => (message.kind === "open" ? { ...state, ...more } : {}));
  opened = await show(options, model);
  return opened.el;
}

const asked = () => model.sent.filter((message) => message.kind !== "open").map(({ kind, name, value, kept }) => ({ kind, name, value, kept }));

afterEach(() => opened.close());

test("a choice is told by its name and its value", async () => {
  const el = await open();
  const role = el.querySelector<HTMLSelectElement>("[data-name=role]");
  if (role) role.value = "payer";
  role?.dispatchEvent(new Event("change"));
  const box = el.querySelector<HTMLInputElement>("[data-name=read_receipt]");
  box?.click();
  expect(asked()).toEqual([
    { kind: "changed", name: "role", value: "payer", kept: undefined },
    { kind: "changed", name: "read_receipt", value: true, kept: undefined },
  ]);
});

test("the files of this mailing can be taken out, those of the email type not", async () => {
  const el = await open();
  expect(el.querySelectorAll(".pw-options-file")).toHaveLength(2);
  expect(el.querySelector("i")).toBeNull();
  const remove = [...el.querySelectorAll<HTMLButtonElement>(".pw-options-file button")];
  expect(remove.map((one) => one.getAttribute("aria-label"))).toEqual(["Retirer <i>.png"]);
  remove[0]?.click();
  expect(asked()).toEqual([{ kind: "remove", name: undefined, value: undefined, kept: "2/<i>.png" }]);
});

test("a reason for health data is asked only where it is needed", async () => {
  const el = await open();
  expect(el.querySelector("[data-name=health_reason]")).toBeNull();
  model.say({ kind: "state", ...state, health: { asked: true, reason: "" } });
  await settled();
  expect(el.querySelector("[data-name=health_reason]")).not.toBeNull();
});

test("of a file by hand it is asked whether it holds health data, and of no other", async () => {
  const files = [state.files[0]!, { ...state.files[1]!, health: null }];
  const el = await open({ files });
  const question = el.querySelectorAll("fieldset");
  expect(question).toHaveLength(1);
  const [yes] = question[0]!.querySelectorAll<HTMLInputElement>("input[type=radio]");
  expect([...question[0]!.querySelectorAll<HTMLInputElement>("input")].map(({ checked }) => checked)).toEqual([false, false]);
  yes!.checked = true;
  yes!.dispatchEvent(new Event("change"));
  expect(model.sent.at(-1)).toMatchObject({ kind: "told", kept: "2/<i>.png", health: true });
});

test("files that are being added, and a reason being typed, stay with the message they were chosen for", async () => {
  const el = await open({ health: { asked: true, reason: "" } });
  const picker = el.querySelector<HTMLInputElement>("input[type=file]")!;
  Object.defineProperty(picker, "files", { value: [new File(["a"], "a.txt"), new File(["b"], "b.txt")] });
  const reason = el.querySelector<HTMLInputElement>("[data-name=health_reason]")!;
  reason.focus();
  picker.dispatchEvent(new Event("change"));
  model.say({ kind: "state", ...state, round: 2, health: { asked: true, reason: "" } });
  for (let turn = 0; turn < 20; turn += 1) await new Promise((done) => setTimeout(done, 1));
  expect(model.sent.filter(({ kind }) => kind === "add").map(({ name, round }) => [name, round])).toEqual([["a.txt", 1], ["b.txt", 1]]);
  expect(el.querySelector("[data-name=health_reason]")).not.toBe(reason);
  el.querySelector<HTMLInputElement>("[data-name=read_receipt]")!.click();
  expect(model.sent.at(-1)).toMatchObject({ kind: "changed", round: 2 });
});
