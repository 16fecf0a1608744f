// @vitest-environment happy-dom
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import results from "../src/results_page";
import { FakeModel, settled, show } from "./scene";

const states = [
  { state: "sent", words: "✓ Envoyés", count: 39 },
  { state: "failed", words: "✕ Échecs", count: 1 },
  { state: "in_doubt", words: "? Envoi incertain", count: 2 },
  { state: "skipped", words: "– Non envoyés", count: 0 },
];
const line = (id: number, template = "Rendez-vous/Rappel") => ({ id, when: "23/11/2026 16:02", template, account: "secretariat", by: "claire", stage: "✓ Terminé", states, total: 42 });
const list = {
  there: true, rows: [line(7), line(6, "Vie/<i>Vœux")], count: 2, summary: "2 publipostages", choices: { template: [["a", "a"]], account: [["x", "x"]] },
  periods: [["month", "31 jours"]], kinds: [["first", "À régler"]], wanted: null,
};
const one = {
  id: 7, title: "Rappel", facts: ["envoyé par claire", "version 7"], stage: "✓ Terminé", ended: true, states, total: 42, first: 3, code: "practice.results(7)",
  working: false, progress: null, note: "", acts: [], mark: "a", seal: "s7", leads: true, keep: "Garder les 3 à corriger", asks: { as_sent: "Considérer 2 ?", again: "Renvoyer 2 ?", retry: "Réessayer 1 ?" },
};
const progress = (done: number) => ({ total: 3, done, words: `${done} sur 3`, left: "encore 1 min", states: [{ state: "sent", words: "✓ Envoyés", count: done }] });
const row = (delivery: number, state: string, more: Record<string, unknown> = {}) => ({
  delivery, patient: "1893", recipient: "PETIT Léa", role: "patient", address: "lea@exemple.test", state, words: `? ${state}`, reason: "<i>coupé</i>", attempts: 1, time: "16:02", file: "", sent: true, ...more,
});

let opened: Awaited<ReturnType<typeof show>> | undefined;
let model: FakeModel;
let answers: Record<string, Record<string, unknown>>;

beforeEach(() => {
  answers = {
    mailings: list, mailing: one, rows: { rows: [row(1, "in_doubt"), row(2, "failed", { file: "open" })], count: 2, page: 0, pages: 1, place: "1–2 sur 2" },
    settle: { said: "1 message compte comme envoyé." },
  };
});
afterEach(() => {
  opened?.close();
  vi.useRealTimers();
});

async function open(): Promise<HTMLElement> {
  model = new FakeModel({ words: { none: "Aucun", first: "À régler d’abord", yes: "Oui", ask_resend: "Renvoyer à {recipient} ? Deux fois peut-être." }, language: "fr" }, (message) => answers[message.kind] ?? {});
  opened = await show(results, model);
  return opened.el;
}
async function openOne(): Promise<HTMLElement> {
  const el = await open();
  el.querySelector<HTMLElement>("[data-mailing='7']")!.click();
  await settled();
  await settled();
  return el;
}
const sent = (kind: string) => model.sent.filter((message) => message.kind === kind);
const press = async (el: HTMLElement, label: string): Promise<void> => {
  [...el.querySelectorAll("button")].find((found) => found.textContent === label)!.click();
  for (let turn = 0; turn < 4; turn += 1) await settled();
};

test("the mailings are listed with their numbers as words, and their texts are text", async () => {
  const el = await open();
  expect(el.querySelectorAll(".pw-results-list tbody tr")).toHaveLength(2);
  expect(el.querySelector(".pw-results-bar")?.getAttribute("aria-label")).toBe("✓ Envoyés 39, ✕ Échecs 1, ? Envoi incertain 2");
  expect(el.querySelector("i")).toBeNull();
  expect(el.querySelector("[data-mailing='6']")?.textContent).toBe("<i>Vœux");
});

test("a filter asks anew, and a list without mailings says so", async () => {
  const el = await open();
  answers["mailings"] = { ...list, rows: [], count: 0 };
  const select = el.querySelectorAll("select")[2]!;
  select.value = "first";
  select.dispatchEvent(new Event("change"));
  await settled();
  expect(sent("mailings").at(-1)).toMatchObject({ state: "first", period: "month" });
  expect(el.querySelector(".pw-results-nothing:not([hidden])")?.textContent).toBe("Aucun");
});

test("charts that were asked for are drawn again when the page is come back to, until they are closed", async () => {
  answers["mailings"] = { ...list, charted: true };
  const el = await open();
  expect(sent("mailings").map((message) => message["back"])).toEqual([true]);
  expect(sent("chart")).toHaveLength(1);
  expect(el.querySelector<HTMLElement>(".pw-results-chart")?.hidden).toBe(false);
  expect(sent("no_chart")).toHaveLength(0);
  await press(el, "chart");
  expect(sent("no_chart")).toHaveLength(1);
  answers["mailings"] = list;
  await press(el, "refresh");
  expect(sent("mailings").at(-1)?.["back"]).toBe(false);
  expect(sent("chart")).toHaveLength(1);
});

test("a mailing opens on those who need a person, and a number lists its own", async () => {
  const el = await openOne();
  expect(el.querySelector(".pw-results-one h2")?.textContent).toBe("Rappel");
  expect(sent("rows")[0]).toMatchObject({ mailing: 7, state: "first" });
  expect(el.querySelector("i")).toBeNull();
  el.querySelector<HTMLElement>(".pw-results-card[data-state=sent]")!.click();
  await settled();
  expect(sent("rows").at(-1)).toMatchObject({ state: "sent", page: 0 });
  expect(el.querySelector(".pw-results-card[data-state=sent]")?.getAttribute("aria-pressed")).toBe("true");
});

test("what cannot be undone asks once, in place, and Escape leaves it", async () => {
  const el = await openOne();
  const button = el.querySelector<HTMLElement>("[aria-label='as_sent, PETIT Léa']")!;
  button.click();
  expect(sent("settle")).toEqual([]);
  const asked = el.querySelector<HTMLElement>(".pw-results-asked")!;
  asked.dispatchEvent(new KeyboardEvent("keydown", { key: "Escape" }));
  expect(asked.hidden).toBe(true);
  expect(document.activeElement).toBe(button);
  button.click();
  await press(el, "Oui");
  expect(sent("settle")[0]).toMatchObject({ mailing: 7, delivery: 1, as_sent: true, seal: "s7" });
  expect(el.querySelector(".pw-results-one .pw-results-said")?.textContent).toBe("✓ 1 message compte comme envoyé.");
});

test("all of a kind are asked about with their number", async () => {
  const el = await openOne();
  await press(el, "all_again");
  expect(el.querySelector(".pw-results-asked p")?.textContent).toBe("Renvoyer 2 ?");
  await press(el, "Oui");
  expect(sent("settle")[0]).toMatchObject({ mailing: 7, as_sent: false });
  await press(el, "Garder les 3 à corriger");
  expect(sent("keep")[0]).toMatchObject({ mailing: 7 });
});

test("a page that stands alone leads nowhere", async () => {
  answers["mailing"] = { ...one, leads: false };
  const el = await openOne();
  expect(el.textContent).not.toContain("Garder");
  expect(el.textContent).not.toContain("open_file");
});

test("a refusal is said, and what was asked stays", async () => {
  const el = await openOne();
  answers["settle"] = { error: "La base est occupée." };
  el.querySelector<HTMLElement>("[aria-label='resend, PETIT Léa']")!.click();
  await press(el, "Oui");
  expect(el.querySelector("[role=alert]:not([hidden])")?.textContent).toBe("✕ La base est occupée.");
  expect(el.querySelectorAll(".pw-results-rows tbody tr")).toHaveLength(2);
});

test("a search waits until one stops typing", async () => {
  vi.useFakeTimers();
  try {
    const el = await openOne();
    const before = sent("rows").length;
    const box = el.querySelector<HTMLInputElement>(".pw-results-search")!;
    for (const text of ["l", "lé", "léa"]) {
      box.value = text;
      box.dispatchEvent(new Event("input"));
    }
    vi.advanceTimersByTime(200);
    await settled();
    expect(sent("rows").slice(before).map((message) => message["search"])).toEqual(["léa"]);
  } finally {
    vi.useRealTimers();
  }
});

test("another page leads to a mailing, and the way back is the list", async () => {
  const el = await open();
  model.say({ kind: "opened", mailing: 7 });
  await settled();
  await settled();
  expect(el.querySelector<HTMLElement>(".pw-results-one")!.hidden).toBe(false);
  await press(el, "back");
  expect(el.querySelector<HTMLElement>(".pw-results-all")!.hidden).toBe(false);
  expect((document.activeElement as HTMLElement).dataset["mailing"]).toBe("7");
});

test("whoever comes to settle a doubt stands on its first decision", async () => {
  const el = await open();
  model.say({ kind: "opened", mailing: 7, state: "in_doubt" });
  for (let turn = 0; turn < 4; turn += 1) await settled();
  expect(sent("rows").at(-1)).toMatchObject({ mailing: 7, state: "in_doubt" });
  expect(el.querySelector(".pw-results-card[data-state=in_doubt]")?.getAttribute("aria-pressed")).toBe("true");
  expect(document.activeElement?.getAttribute("aria-label")).toBe("as_sent, PETIT Léa");

  // Once none is left, all rows are shown.
  answers["mailing"] = { ...one, states: states.map((state) => (state.state === "in_doubt" ? { ...state, count: 0 } : state)) };
  (document.activeElement as HTMLElement).click();
  await press(el, "Oui");
  expect(sent("rows").at(-1)).toMatchObject({ state: "" });
});

test("a page that is made for a doubt opens on it", async () => {
  answers["mailings"] = { ...list, wanted: 7, wanted_state: "in_doubt" };
  await open();
  for (let turn = 0; turn < 4; turn += 1) await settled();
  expect(sent("rows").at(-1)).toMatchObject({ mailing: 7, state: "in_doubt" });
});

test("before a message is sent again one reads that it may arrive twice", async () => {
  const el = await openOne();
  el.querySelector<HTMLElement>("[aria-label='resend, PETIT Léa']")!.click();
  expect(el.querySelector(".pw-results-asked p")?.textContent).toBe("Renvoyer à PETIT Léa ? Deux fois peut-être.");
});

test("a decision that came too late is refused, and the new numbers are shown", async () => {
  const el = await openOne();
  await press(el, "all_again");
  answers["settle"] = { error: "A changé." };
  answers["mailing"] = { ...one, seal: "s8", mark: "b", asks: { ...one.asks, again: "Renvoyer 1 ?" }, title: "Rappel 8" };
  await press(el, "Oui");
  expect(sent("settle")[0]).toMatchObject({ seal: "s7" });
  expect(el.querySelector("[role=alert]:not([hidden])")?.textContent).toBe("✕ A changé.");
  expect(el.querySelector(".pw-results-one h2")?.textContent).toBe("Rappel 8");
  await press(el, "all_again");
  expect(el.querySelector(".pw-results-asked p")?.textContent).toBe("Renvoyer 1 ?");
});

test("while messages leave a bar moves on, it can be paused, and no row is decided about", async () => {
  const el = await openOne();
  const pause = { name: "pause", label: "Pause", question: "", seal: "moving" };
  model.say({ kind: "progress", mailing: 7, working: true, progress: progress(1), note: "", acts: [pause] });
  const bar = el.querySelector<HTMLElement>("[role=progressbar]")!;
  const button = [...el.querySelectorAll("button")].find((found) => found.textContent === "Pause")!;
  button.focus();
  model.say({ kind: "progress", mailing: 7, working: true, progress: progress(2), note: "", acts: [pause] });
  expect(bar.getAttribute("aria-valuetext")).toBe("2 sur 3");
  expect(bar.closest<HTMLElement>(".pw-results-progress")!.hidden).toBe(false);
  expect(document.activeElement).toBe(button);
  expect(el.querySelector("[aria-label='resend, PETIT Léa']")).toBeNull();
  expect(el.textContent).not.toContain("all_again");
  await press(el, "Pause");
  expect(sent("pause")[0]).toMatchObject({ mailing: 7, seal: "moving" });
  answers["mailing"] = { ...one, title: "Pause" };
  model.say({ kind: "changed", mailing: 7, error: "" });
  for (let turn = 0; turn < 4; turn += 1) await settled();
  expect(bar.closest<HTMLElement>(".pw-results-progress")!.hidden).toBe(true);
  expect(el.querySelector("[aria-label='resend, PETIT Léa']")).not.toBeNull();
});

test("a mailing on its way is drawn anew only once it has moved; the focus and the letter that is read stay", async () => {
  vi.useFakeTimers();
  Object.defineProperty(HTMLElement.prototype, "offsetParent", { configurable: true, get: () => document.body });
  const turn = async (): Promise<void> => {
    vi.advanceTimersByTime(3100);
    for (let again = 0; again < 6; again += 1) await settled();
  };
  answers["mailing"] = { ...one, ended: false };
  answers["look"] = { mark: "a" };
  answers["message"] = { message: { subject: "Rappel", sender: "", recipient: "", attachments: [], screen: "", text: [], marked: false, notes: [], links: null } };
  const el = await openOne();
  await press(el, "look");
  const letter = el.querySelector(".pw-results-letter")!;
  const lines = [...el.querySelectorAll("tr[data-delivery]")];
  const asked = sent("mailing").length;
  await turn();
  expect(sent("look")).toHaveLength(1);
  expect(sent("mailing")).toHaveLength(asked);

  // The first message is known to have left; the second one is as it was, and the letter is not put in anew.
  const card = el.querySelector<HTMLElement>(".pw-results-card[data-state=sent]")!;
  card.focus();
  const removed: Node[] = [];
  const watcher = new MutationObserver((records) => records.forEach((record) => removed.push(...record.removedNodes)));
  watcher.observe(letter.parentElement!, { childList: true });
  answers["look"] = { mark: "b" };
  answers["mailing"] = { ...one, ended: false, mark: "b", states: states.map((state) => ({ ...state, count: state.count + 1 })) };
  answers["rows"] = { rows: [row(1, "sent"), row(2, "failed", { file: "open" })], count: 2, page: 0, pages: 1, place: "1–2 sur 2" };
  await turn();
  expect(sent("mailing")).toHaveLength(asked + 1);
  removed.push(...watcher.takeRecords().flatMap((record) => [...record.removedNodes]));
  expect(removed).not.toContain(letter);
  expect(el.querySelector(".pw-results-letter")).toBe(letter);
  const now = [...el.querySelectorAll("tr[data-delivery]")];
  expect(now[0]).not.toBe(lines[0]);
  expect(now[1]).toBe(lines[1]);
  expect((document.activeElement as HTMLElement).dataset["state"]).toBe("sent");
  expect(document.activeElement).not.toBe(card);

  // An open question waits for its answer; afterwards the page goes on looking.
  const before = sent("look").length;
  await press(el, "retry");
  await turn();
  expect(sent("look")).toHaveLength(before);
  await press(el, "cancel");
  await turn();
  expect(sent("look")).toHaveLength(before + 1);
});

const drop = (el: HTMLElement, files: File[]): void => {
  const event = new Event("drop", { bubbles: true, cancelable: true });
  Object.assign(event, { dataTransfer: { files, types: ["Files"] } });
  el.querySelector(".pw-results-page, .pw")!.dispatchEvent(event);
};
const turns = async (): Promise<void> => {
  for (let turn = 0; turn < 12; turn += 1) {
    await new Promise((done) => setTimeout(done));
    await settled();
  }
};
const came = (delivery: number, patient = "1893") => ({ delivery, patient, recipient: "PETIT Léa", address: "lea@exemple.test", message: "Boîte inconnue <b>chez</b> exemple.test.", about: "Rappel · r.eml" });

test("returned mail is dropped, read, chosen and recorded, and can be taken back", async () => {
  answers["returned_read"] = { found: [came(41), came(42)], left: [["autre.eml", "Un courrier ordinaire."]] };
  answers["returned_record"] = { said: "1 message noté." };
  answers["returned_withdraw"] = { said: "Repris." };
  const el = await open();
  const box = el.querySelector<HTMLElement>(".pw-returned")!;
  expect(box.hidden).toBe(true);
  drop(el, [new File(["From: a\n\nb"], "r.eml"), new File(["x"], "autre.eml")]);
  await turns();
  expect(box.hidden).toBe(false);
  expect(sent("returned_bring").map(({ name, first }) => [name, first])).toEqual([["r.eml", true], ["autre.eml", false]]);
  expect(box.querySelectorAll("li[data-delivery]")).toHaveLength(2);
  expect(box.textContent).toContain("Un courrier ordinaire.");
  expect(box.querySelector("b")).toBeNull(); // what Python says is text
  expect(sent("returned_record")).toHaveLength(0); // nothing is recorded before somebody says so
  const ticks = box.querySelectorAll<HTMLInputElement>("input[type=checkbox]");
  ticks[1]!.checked = false;
  ticks[1]!.dispatchEvent(new Event("change"));
  await press(box, "returned_record");
  expect(sent("returned_record")[0]).toMatchObject({ deliveries: [41] });
  expect(box.querySelector("[role=status]")?.textContent).toBe("✓ 1 message noté.");
  expect(sent("mailings").length).toBeGreaterThan(1); // the numbers are asked anew
  await press(box, "returned_undo");
  expect(sent("returned_withdraw")[0]).toMatchObject({ delivery: 41 });
});

test("files that are refused say why, and Escape closes the part", async () => {
  answers["returned_read"] = { error: "200 fichiers au plus." };
  const el = await open();
  await press(el, "returned");
  const box = el.querySelector<HTMLElement>(".pw-returned")!;
  expect(document.activeElement?.textContent).toBe("returned_choose");
  drop(el, [new File(["x"], "r.eml")]);
  await turns();
  expect(box.querySelector("[role=alert]")?.textContent).toBe("✕ 200 fichiers au plus.");
  box.dispatchEvent(new KeyboardEvent("keydown", { key: "Escape" }));
  expect(box.hidden).toBe(true);
});
