// @vitest-environment happy-dom
import { afterEach, expect, test } from "vitest";
import widget from "../src/saving_bar";
import { FakeModel, settled, show } from "./scene";

let opened: Awaited<ReturnType<typeof show>>;
let model: FakeModel;
afterEach(() => opened.close());

test("what was changed is saved once somebody presses, with the reason", async () => {
  model = new FakeModel({ words: { save: "Enregistrer", changed: "Modifié" }, language: "fr" }, (message) => (message.kind === "open" ? { changed: false, said: "Version 3" } : {}));
  opened = await show(widget, model);
  const save = opened.el.querySelector("button") as HTMLButtonElement;
  expect(save.disabled).toBe(true);
  model.say({ kind: "standing", changed: true });
  expect(opened.el.textContent).toContain("Modifié");
  (opened.el.querySelector("input") as HTMLInputElement).value = "plus court";
  save.click();
  await settled();
  expect(model.sent.filter(({ kind }) => kind === "save").map(({ reason }) => reason)).toEqual(["plus court"]);
});
