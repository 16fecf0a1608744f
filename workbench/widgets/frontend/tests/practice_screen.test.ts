// @vitest-environment happy-dom
import { afterEach, expect, test } from "vitest";
import screen from "../src/practice_screen";
import { FakeModel, settled, show } from "./scene";

const state = {
  card: [
    { name: "name", label: "Nom", value: "Cabinet", long: false },
    { name: "phone", label: "Téléphone", value: "02", long: false },
    { name: "language", label: "Langue", value: "fr", long: false, choices: ["fr", "en"] },
  ],
  seen: ["Horaires : <b>8 h</b>"], writable: true, undo_minutes: 0, sending_hours: "", history_days: 1825,
  closures: [
    { kind: "Fermé", days: "8 décembre", about: "Congés", first: "2026-12-08", last: "2026-12-08", ours: true },
    { kind: "Férié", days: "25 décembre", about: "Noël", first: "2026-12-25", last: "2026-12-25", ours: false },
  ],
};

let opened: Awaited<ReturnType<typeof show>>;
let model: FakeModel;

async function open(more: Record<string, unknown> = {}, refused = ""): Promise<HTMLElement> {
  model = new FakeModel({ words: {}, language: "fr" }, (message) =>
    message.kind !== "open" && refused ? { error: refused } : { ...state, ...more, ...(message.kind === "open" ? {} : { sentence: `✓ ${message.kind}` }) },
  );
  opened = await show(screen, model);
  return opened.el;
}

const control = (el: HTMLElement, key: string) => el.querySelector(`[data-key=${key}]`) as HTMLInputElement;
const press = async (el: HTMLElement, label: string, place = 0): Promise<void> => {
  [...el.querySelectorAll("button")].filter((one) => one.textContent === label)[place]!.click();
  await settled();
};
const sent = (kind: string) => model.sent.find((message) => message.kind === kind);

afterEach(() => opened.close());

test("only what was changed of the card is told, and what follows from the agenda is text", async () => {
  const el = await open();
  control(el, "phone").value = "02 99";
  await press(el, "save");
  expect(sent("card")?.["values"]).toEqual({ phone: "02 99" });
  expect(el.querySelector("[role=status]")?.textContent).toBe("✓ card");
  expect(el.querySelector("b")).toBeNull();
});

test("saving one part leaves what is typed in another", async () => {
  const el = await open();
  control(el, "phone").value = "typed";
  control(el, "undo_minutes").value = "10";
  await press(el, "save", 1);
  expect(sent("departures")).toMatchObject({ undo_minutes: "10", sending_hours: "", history_days: "1825" });
  expect(control(el, "phone").value).toBe("typed");
});

test("a refusal is a sentence, and nothing typed is lost", async () => {
  const el = await open({}, "Ce n’est pas une heure.");
  control(el, "sending_hours").value = "quand on veut";
  await press(el, "save", 1);
  expect(el.querySelector(".pw-practice-part [role=alert]")?.textContent).toBe("✕ Ce n’est pas une heure.");
  expect(control(el, "sending_hours").value).toBe("quand on veut");
});

test("days are declared closed and taken back after a question; a public holiday is not", async () => {
  const el = await open();
  expect([...el.querySelectorAll("button")].filter((one) => one.textContent === "reopen")).toHaveLength(1);
  control(el, "first").value = "2026-12-24";
  await press(el, "close");
  expect(sent("close")).toMatchObject({ first: "2026-12-24", last: "", reason: "" });
  expect(control(el, "first").value).toBe("");
  await press(el, "reopen");
  expect(sent("reopen")).toBeUndefined();
  await press(el, "reopen_yes");
  expect(sent("reopen")).toMatchObject({ first: "2026-12-08", last: "2026-12-08" });
});

test("what belongs to the practice's own software is only shown", async () => {
  const el = await open({ writable: false });
  expect(control(el, "phone").disabled).toBe(true);
  expect(el.querySelector<HTMLElement>(".pw-practice-closing")?.hidden).toBe(true);
  expect([...el.querySelectorAll("button")].some((one) => one.textContent === "reopen")).toBe(false);
});
