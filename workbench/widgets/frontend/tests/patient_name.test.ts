// @vitest-environment happy-dom
import { afterEach, expect, test } from "vitest";
import widget from "../src/patient_name";
import { FakeModel, settled, show } from "./scene";

let opened: Awaited<ReturnType<typeof show>>;
let model: FakeModel;
afterEach(() => opened.close());

test("whoever the message is about stays in sight, and is another one when Python says so", async () => {
  model = new FakeModel({ words: { about: "Ce message parle de :" }, language: "fr" }, () => ({ name: "<b>MARTEL</b> Odette", about: "née le 1er mai" }));
  opened = await show(widget, model);
  expect(opened.el.querySelector("strong")?.textContent).toBe("<b>MARTEL</b> Odette");
  model.say({ kind: "named", name: "AUBRY Nathan", about: "" });
  await settled();
  expect(opened.el.textContent).toContain("AUBRY Nathan");
  expect(opened.el.textContent).not.toContain("MARTEL");
});
