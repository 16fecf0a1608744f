// @vitest-environment happy-dom
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import panel from "../src/send_panel";
import { LOST_AFTER_MS } from "../src/shared/widget";
import { FakeModel, settled, show } from "./scene";

const WORDS = {
  title: "Envoi", back: "Revenir", yes: "Confirmer", left_out: "Non envoyés", reasons: "Motifs", rows: "Lignes", rows_excluded: "Exclus", show_rows: "Afficher", hide_rows: "Masquer",
  find: "Nom ou adresse", none_found: "Personne", undo: "Part", progress: "Avancement", new_numbers: "Nouveaux nombres", outdated: "Changée", counting: "Vérification", checking: "Dernière vérification", silent: "Muet",
};
const OFFER = {
  seal: "s1", count: 41, total: "44 destinataires", button: "Envoyer 41 messages…", question: "Envoyer 41 messages depuis secretariat@exemple.test ?", yes: "Envoyer",
  numbers: [{ state: "ready", words: "✓ 41 prêts" }, { state: "to_correct", words: "✕ 3 à corriger" }],
  left_out: [{ state: "to_correct", sentence: "Aucune adresse <b>e-mail</b>.", count: 3 }],
  undo: { chosen: 5, choices: [{ minutes: 0, words: "tout de suite" }, { minutes: 5, words: "dans 5 minutes" }] },
};
const CANCEL = { name: "cancel", label: "Annuler le reste…", count: 17, question: "Annuler les 17 messages ?", seal: "m1" };
const PAUSE = { name: "pause", label: "Pause", count: 17, question: "", seal: "m1" };
const blank = { doing: "", elsewhere: false, title: "Rappel", account: "Depuis secretariat@exemple.test", test: false, offer: null, progress: null, result: null, actions: [], note: "", error: "", changed: "", outdated: false };
const before = { ...blank, offer: OFFER };
const sending = (done: number) => ({
  ...blank, doing: "sending", actions: [PAUSE, { ...CANCEL, count: 41 - done, question: `Annuler les ${41 - done} messages ?` }],
  progress: { total: 41, done, words: `${done} sur 41`, left: "", states: [{ state: "sent", words: "✓ Envoyés", count: done }, { state: "pending", words: "… En attente", count: 41 - done }] },
});
const after = {
  ...blank, actions: [{ name: "retry", label: "Réessayer…", count: 1, question: "Réessayer 1 message ?", seal: "m2" }],
  result: { states: [{ state: "sent", words: "✓ Envoyés", count: 40 }, { state: "failed", words: "✕ Échecs", count: 1 }], groups: [{ state: "failed", sentence: "550", count: 1 }], rows: 1 },
};

const COLUMNS = ["recipient", "address", "status", "reason", "attempts", "decided_at"];
const rowsOf = (find: string) =>
  find === "personne"
    ? { columns: COLUMNS, rows: [], states: [], numbers: [], more: "", total: 3 }
    : { columns: COLUMNS, rows: [["<i>Zoé</i>", "z@exemple.test", "✕ Échec", "550", "1", "16:02"]], states: ["failed"], numbers: [], more: find === "" ? "et 2 de plus" : "", total: 3 };

let opened: Awaited<ReturnType<typeof show>>;
let model: FakeModel;

async function open(state: Record<string, unknown>): Promise<HTMLElement> {
  model = new FakeModel({ words: WORDS, language: "fr" }, (message) =>
    message.kind === "state" ? state : message.kind === "rows" ? rowsOf(String(message["find"] ?? "")) : {},
  );
  opened = await show(panel, model);
  return opened.el;
}
const named = (name: string) => opened.el.querySelector<HTMLButtonElement>(`[data-name="${name}"]`) as HTMLButtonElement;
const told = (kind: string) => model.sent.filter((message) => message.kind === kind);
async function say(state: Record<string, unknown>): Promise<void> {
  model.say({ kind: "state", ...state });
  await settled();
}
const key = (target: Element, name: string, more: KeyboardEventInit = {}) => target.dispatchEvent(new KeyboardEvent("keydown", { key: name, bubbles: true, ...more }));

beforeEach(() => vi.useFakeTimers());
afterEach(() => {
  opened.close();
  vi.useRealTimers();
});

test("a click asks once with the numbers, and only the yes sends, with the seal of what was shown", async () => {
  const el = await open(before);
  expect(el.textContent).toContain("44 destinataires");
  named("confirm").click();
  expect(told("confirm")).toEqual([]);
  expect(el.querySelector(".pw-send-question")?.textContent).toBe(OFFER.question);
  vi.advanceTimersByTime(600);
  named("yes").click();
  expect(told("confirm").map(({ seal }) => seal)).toEqual(["s1"]);
});

test("the second click of a double click does not answer a question nobody has read", async () => {
  await open(before);
  named("confirm").click();
  named("yes").click();
  expect(told("confirm")).toEqual([]);
});

test("other numbers close the question", async () => {
  const el = await open(before);
  named("confirm").click();
  await say({ ...before, offer: { ...OFFER, seal: "s2", count: 40, button: "Envoyer 40 messages…" } });
  expect(el.querySelector(".pw-send-question")).toBeNull();
  expect(named("confirm").textContent).toBe("Envoyer 40 messages…");
});

test("Escape goes back to the button, Ctrl+Enter is the main action", async () => {
  const el = await open(before);
  key(named("confirm"), "Enter", { ctrlKey: true });
  expect(document.activeElement).toBe(el.querySelector(".pw-send-question"));
  key(el.querySelector(".pw-send-question") as Element, "Escape");
  expect(document.activeElement).toBe(named("confirm"));
});

test("no key reaches what is around the panel", async () => {
  const el = await open(before);
  const heard = vi.fn();
  el.addEventListener("keydown", heard);
  key(named("confirm"), "a");
  key(named("confirm"), "Enter", { ctrlKey: true });
  expect(heard).not.toHaveBeenCalled();
});

test("while it is sent the numbers move and no button is made anew", async () => {
  const el = await open(sending(1));
  const button = named("pause");
  await say(sending(20));
  const bar = el.querySelector("[role=progressbar]");
  expect([bar?.getAttribute("aria-valuenow"), bar?.getAttribute("aria-valuemax"), bar?.getAttribute("aria-valuetext")]).toEqual(["20", "41", "20 sur 41"]);
  expect(named("pause")).toBe(button);
  button.click();
  expect(told("pause")).toHaveLength(1);
});

test("the question about the rest counts what is left now", async () => {
  const el = await open(sending(1));
  named("cancel").click();
  await say(sending(30));
  expect(el.querySelector(".pw-send-question")?.textContent).toBe("Annuler les 11 messages ?");
  vi.advanceTimersByTime(600);
  named("yes").click();
  expect(told("cancel").map(({ seal }) => seal)).toEqual(["m1"]);
});

test("it is read aloud when something begins or ends, and now and then between", async () => {
  const el = await open(sending(1));
  const live = el.querySelector("[aria-live]") as HTMLElement;
  expect(live.textContent).toContain("1 sur 41");
  await say(sending(2));
  expect(live.textContent).toContain("1 sur 41");
  vi.advanceTimersByTime(9000);
  await say(sending(20));
  expect(live.textContent).toContain("20 sur 41");
  await say(after);
  expect(live.textContent).toContain("✓ Envoyés 40");
});

test("who needs somebody is shown at once, as text, until it is hidden or the result is another one", async () => {
  const el = await open(after);
  await settled();
  expect(told("rows")).toHaveLength(1);
  expect(el.querySelector("td")?.textContent).toBe("<i>Zoé</i>");
  expect(el.querySelector("i")).toBeNull();
  expect(el.textContent).toContain("et 2 de plus");
  expect(el.querySelector(".pw-send-whom")?.textContent).toBe("Lignes (3)");
  const scrolled = el.querySelector('[role="region"]');
  expect([scrolled?.getAttribute("tabindex"), scrolled?.getAttribute("aria-label")]).toEqual(["0", "Lignes"]);
  named("rows").click();
  await settled();
  expect(el.querySelector("table")).toBeNull();
  await say({ ...after, note: "Suite" });
  expect(told("rows")).toHaveLength(1);
  await say({ ...after, result: { ...after.result, rows: 2 } });
  await settled();
  expect(told("rows")).toHaveLength(2);
  expect(el.querySelector("table")).not.toBeNull();
});

test("who was not reached in a mailing of very many waits until somebody asks", async () => {
  const many = { ...after.result, states: [{ state: "sent", words: "✓ Envoyés", count: 90_000 }, ...after.result.states.slice(1)] };
  await open({ ...after, result: many });
  await settled();
  expect(told("rows")).toEqual([]);
  named("rows").click();
  expect(told("rows")).toHaveLength(1);
});

test("a question about rows that stand otherwise by now is closed and answers nothing", async () => {
  const el = await open(after);
  named("retry").click();
  expect(el.querySelector(".pw-send-question")).not.toBeNull();
  await say({ ...after, actions: after.actions.map((action) => ({ ...action, seal: "m3" })) });
  expect(el.querySelector(".pw-send-question")).toBeNull();
  expect(told("retry")).toEqual([]);
});

test("beside an offer, to go on with the whole mailing is not the main action", async () => {
  const resume = { name: "resume", label: "Reprendre : 84 messages…", count: 84, question: "Reprendre 84 messages ?", seal: "m1" };
  await open({ ...before, actions: [resume] });
  expect(named("resume").className).toBe("pw-button");
  expect(named("confirm").className).toContain("pw-main");
  named("resume").click();
  vi.advanceTimersByTime(600);
  named("yes").click();
  expect(told("resume").map(({ seal }) => seal)).toEqual(["m1"]);
});

test("an action asks, and tells what it was about", async () => {
  await open(after);
  named("retry").click();
  vi.advanceTimersByTime(600);
  named("yes").click();
  expect(told("retry").map(({ seal }) => seal)).toEqual(["m2"]);
});

test("the ledger is looked at while nothing is sent from here, one question at a time, and not in a hidden page", async () => {
  await open(before);
  vi.advanceTimersByTime(1000);
  await settled();
  expect(told("look")).toHaveLength(1);
  await say(sending(3));
  vi.advanceTimersByTime(3000);
  expect(told("look")).toHaveLength(1);
  await say(after);
  const visible = vi.spyOn(document, "visibilityState", "get").mockReturnValue("hidden");
  vi.advanceTimersByTime(3000);
  expect(told("look")).toHaveLength(1);
  visible.mockRestore();
});

test("where nothing moves the ledger is looked at every three seconds, and on a page that is not shown not at all", async () => {
  await open(after);
  const answered = vi.spyOn(model, "send").mockImplementation((content) => {
    model.sent.push(content as never);
    const { request, view } = content as { request: number; view: string };
    queueMicrotask(() => model.say({ kind: "answer", request, view }));
  });
  await vi.advanceTimersByTimeAsync(60_000);
  expect(told("look").length).toBeGreaterThan(10);
  expect(told("look").length).toBeLessThanOrEqual(20);
  model.sent.length = 0;
  let shown = false;
  const seen = Object.assign(Element.prototype, { checkVisibility: () => shown });
  await vi.advanceTimersByTimeAsync(60_000);
  expect(told("look")).toHaveLength(0);
  shown = true;
  await vi.advanceTimersByTimeAsync(1000);
  expect(told("look")).toHaveLength(1);
  Reflect.deleteProperty(seen, "checkVisibility");
  answered.mockRestore();
});

test("a sentence of Python is text, and an error is said", async () => {
  const el = await open({ ...before, error: "Le serveur a refusé <b>le mot de passe</b>." });
  expect(el.querySelector("[role=alert]:not([hidden])")?.textContent).toBe("Le serveur a refusé <b>le mot de passe</b>.");
  expect(el.querySelector(".pw-send-reasons b b")).toBeNull();
});

test("Python hears of the page before it is drawn, and a view that is gone listens no more", async () => {
  await open(before);
  const other = new FakeModel({});
  panel.initialize({ model: other });
  expect(other.sent).toEqual([{ kind: "look" }]);
  opened.close();
  expect(model.listening()).toBe(0);
});

test("rows that Python refuses are told of, and the panel goes on", async () => {
  const el = await open(after);
  await settled();
  named("rows").click(); // hidden, to be asked for anew
  const send = model.send.bind(model);
  vi.spyOn(model, "send").mockImplementation((content) => {
    const asked = content as { kind: string; request: number; view: string };
    if (asked.kind === "rows") queueMicrotask(() => model.say({ kind: "answer", request: asked.request, view: asked.view, error: "La base est occupée." }));
    else send(content);
  });
  named("rows").click();
  await settled();
  expect(el.querySelector("[role=alert].pw-alert:not([hidden])")?.textContent).toBe("La base est occupée.");
  await say({ ...after, note: "Suite" });
  expect(el.textContent).toContain("Suite");
  expect(el.textContent).not.toContain("La base est occupée.");
});

test("a panel that is refused its beginning says so, and asks again", async () => {
  const el = await open({ error: "La base est occupée." });
  expect(el.textContent).toContain("La base est occupée.");
  vi.spyOn(model, "send").mockImplementation((content) => {
    const { request, view } = content as { request: number; view: string };
    queueMicrotask(() => model.say({ kind: "answer", request, view, ...before }));
  });
  await vi.advanceTimersByTimeAsync(1000);
  expect(el.textContent).toContain("44 destinataires");
  expect(el.textContent).not.toContain("La base est occupée.");
});

test("a look at the ledger that is lost does not stop the panel from looking", async () => {
  await open(after);
  const send = vi.spyOn(model, "send").mockImplementation((content) => void model.sent.push(content as never));
  await vi.advanceTimersByTimeAsync(5000);
  expect(told("look")).toHaveLength(1);
  send.mockRestore();
  await vi.advanceTimersByTimeAsync(LOST_AFTER_MS + 1000);
  expect(told("look").length).toBeGreaterThan(1);
});

// --- the time to take it back --------------------------------------------------------------------------------

const TAKEN_BACK = {
  waiting_rows: "À qui", take_back: "Ne pas envoyer", take_back_of: "Ne pas envoyer : {whose}", minutes_left: "dans {minutes} min {seconds} s", seconds_left: "dans {seconds} s",
  leaves_in_minutes: "Part dans {minutes} min.", leaves_in_seconds: "Part dans {seconds} secondes.",
};
const waiting = (left: number) => ({
  ...sending(0),
  actions: [{ ...CANCEL, label: "Annuler l’envoi…" }],
  waiting: { until: 1000 + left, now: 1000, words: "Part à 14:05" },
});

const paused = (count: number) => ({
  ...after,
  actions: [{ ...CANCEL, count, seal: "m3" }, { name: "resume", label: "Reprendre", count, question: "", seal: "m3" }],
});

async function openWaiting(left: number): Promise<HTMLElement> {
  const rows = { columns: ["recipient", "address"], rows: [["<i>Zoé</i>", "z@exemple.test"], ["Léa", "l@exemple.test"]], states: ["pending", "pending"], numbers: [11, 12], more: "", total: 2 };
  model = new FakeModel({ words: { ...WORDS, ...TAKEN_BACK }, language: "fr" }, (message) => (message.kind === "state" ? waiting(left) : message.kind === "rows" ? rows : {}));
  opened = await show(panel, model);
  return opened.el;
}

test("until it leaves, the time left is counted down, by this computer's clock alone", async () => {
  const el = await openWaiting(125);
  expect(el.textContent).toContain("Part à 14:05");
  expect(el.querySelector(".pw-send-countdown")?.textContent).toBe("dans 2 min 05 s");
  vi.advanceTimersByTime(70_000);
  expect(el.querySelector(".pw-send-countdown")?.textContent).toBe("dans 55 s");
  vi.advanceTimersByTime(120_000);
  expect(el.querySelector(".pw-send-countdown")?.textContent).toBe("dans 0 s");
});

test("the countdown is said aloud now and then, not each second", async () => {
  const el = await openWaiting(130);
  const live = el.querySelector('[aria-live="polite"]') as HTMLElement;
  const said = new Set<string>();
  for (let second = 0; second < 129; second++) {
    vi.advanceTimersByTime(1000);
    said.add(live.textContent ?? "");
  }
  expect([...said].filter((words) => words.startsWith("Part dans"))).toEqual(["Part dans 2 min.", "Part dans 1 min.", "Part dans 30 secondes.", "Part dans 10 secondes."]);
  expect(el.querySelector(".pw-send-countdown")?.getAttribute("aria-hidden")).toBe("true");
});

test("a tick replaces no button under the finger", async () => {
  await openWaiting(600);
  const button = named("cancel");
  vi.advanceTimersByTime(30_000);
  await say({ ...waiting(600), waiting: { until: 1600, now: 1030, words: "Part à 14:05" } });
  expect(named("cancel")).toBe(button);
});

test("the whole sending is cancelled after one question", async () => {
  await openWaiting(600);
  expect(named("cancel").textContent).toBe("Annuler l’envoi…");
  named("cancel").click();
  vi.advanceTimersByTime(600);
  named("yes").click();
  expect(told("cancel").map(({ seal }) => seal)).toEqual(["m1"]);
});

test("one message is taken back by its number, and its name stays text", async () => {
  const el = await openWaiting(600);
  named("rows").click();
  await settled();
  expect(el.querySelector("td i")).toBeNull();
  expect(named("take-back-12").getAttribute("aria-label")).toBe("Ne pas envoyer : Léa");
  named("take-back-12").click();
  await settled();
  expect(told("take_back").map(({ seal, delivery }) => [seal, delivery])).toEqual([["m1", 12]]);
  expect(told("rows")).toHaveLength(2);
});

test("once it leaves, nothing can be taken back any more", async () => {
  const el = await openWaiting(600);
  named("rows").click();
  await settled();
  await say(sending(3));
  expect(el.querySelector(".pw-send-waiting")).toBeNull();
  expect(named("take-back-12")).toBeNull();
});

test("the time to take it back stands still while the question is open, and the yes is about what stands still", async () => {
  const el = await openWaiting(600);
  named("cancel").click();
  expect(told("pause").map(({ seal }) => seal)).toEqual(["m1"]);
  await say(paused(17));
  expect(el.querySelector(".pw-send-countdown")).toBeNull();
  expect(el.querySelector(".pw-send-question")?.textContent).toBe("Annuler les 17 messages ?");
  vi.advanceTimersByTime(600);
  named("yes").click();
  expect(told("cancel").map(({ seal }) => seal)).toEqual(["m3"]);
  expect(told("resume")).toEqual([]);
});

test("who goes back lets the time go on, whether the pause was there already or comes after", async () => {
  await openWaiting(600);
  for (const early of [false, true]) {
    await say(waiting(600));
    named("cancel").click();
    if (!early) await say(paused(17));
    named("back").click();
    if (early) {
      await say({ ...waiting(600), doing: "pausing" });
      await say(paused(17));
    }
  }
  await say(paused(17));
  expect(told("resume").map(({ seal }) => seal)).toEqual(["m3", "m3"]);
  expect(told("cancel")).toEqual([]);
});

test("a question held open about fewer messages than it was is closed", async () => {
  const el = await openWaiting(600);
  named("cancel").click();
  await say(paused(16));
  expect(el.querySelector(".pw-send-question")).toBeNull();
});

test("when it leaves is chosen before the question, and the choice comes back from Python", async () => {
  const el = await open(before);
  const list = el.querySelector<HTMLSelectElement>('[data-name="undo"]') as HTMLSelectElement;
  expect(list.closest("label")?.textContent).toContain("Part");
  expect([...list.options].map((option) => [option.text, option.selected])).toEqual([["tout de suite", false], ["dans 5 minutes", true]]);
  list.focus();
  list.value = "0";
  list.dispatchEvent(new Event("change"));
  expect(told("undo").map(({ minutes }) => minutes)).toEqual([0]);
  await say({ ...before, offer: { ...OFFER, seal: "s2", undo: { ...OFFER.undo, chosen: 0 } } });
  expect((document.activeElement as HTMLSelectElement).value).toBe("0");
  await say({ ...before, offer: { ...OFFER, count: 0 } });
  expect(el.querySelector('[data-name="undo"]')).toBeNull();
});

test("of a long list the first are shown, and a search finds the others while its words stay in the field", async () => {
  const el = await open(after);
  await settled();
  const search = el.querySelector<HTMLInputElement>('[data-name="find"]') as HTMLInputElement;
  expect(search.getAttribute("aria-label")).toBe("Nom ou adresse");
  search.focus();
  for (const typed of ["z", "zo", "zoé"]) {
    search.value = typed;
    search.dispatchEvent(new Event("input"));
    await vi.advanceTimersByTimeAsync(100);
  }
  await vi.advanceTimersByTimeAsync(300);
  expect(told("rows").map(({ find }) => find)).toEqual(["", "zoé"]);
  expect(document.activeElement).toBe(search);
  expect(search.value).toBe("zoé");
  expect(el.textContent).not.toContain("de plus");
  search.value = "personne";
  search.dispatchEvent(new Event("input"));
  await vi.advanceTimersByTimeAsync(300);
  expect(el.querySelector("table")).toBeNull();
  expect(el.textContent).toContain("Personne");
  expect(document.activeElement).toBe(search);
});

test("whatever goes from under the focus leaves it in the panel, where keys are not the notebook's", async () => {
  const el = await open(before);
  named("confirm").click();
  vi.advanceTimersByTime(600);
  named("yes").focus();
  named("yes").click();
  await say(sending(1));
  expect(document.activeElement).toBe(el.querySelector(".pw-send"));
});

test("while nothing moves, nothing is said again", async () => {
  const el = await openWaiting(600);
  const live = el.querySelector('[aria-live="polite"]') as HTMLElement;
  const changes = vi.fn();
  const observer = new MutationObserver(changes);
  observer.observe(live, { childList: true, characterData: true, subtree: true });
  for (let second = 0; second < 60; second++) {
    await vi.advanceTimersByTimeAsync(1000);
    await say({ ...waiting(600), waiting: { until: 1600, now: 1000 + second, words: "Part à 14:05" } });
  }
  expect(changes).toHaveBeenCalledTimes(1); // ten minutes left, once
  await say(sending(3));
  for (let second = 0; second < 20; second++) {
    await vi.advanceTimersByTimeAsync(1000);
    await say(sending(3));
  }
  expect(changes).toHaveBeenCalledTimes(2);
  observer.disconnect();
});

test("what nobody sends is not paused for a question: going back would begin to send it", async () => {
  await openWaiting(600);
  await say({ ...waiting(600), doing: "" });
  named("cancel").click();
  named("back").click();
  await say(paused(17));
  expect([...told("pause"), ...told("resume")]).toEqual([]);
});

test("who was not reached leads to the patient's file, where there is a way to it", async () => {
  const rows = { columns: COLUMNS, rows: [["Zoé", "", "– Non envoyé", "", "", ""]], states: ["skipped"], numbers: [], patients: ["1893"], more: "", total: 3, needing: 1 };
  model = new FakeModel({ words: WORDS, language: "fr" }, (message) => (message.kind === "state" ? after : message.kind === "rows" ? rows : {}));
  opened = await show(panel, model);
  await settled();
  expect(opened.el.querySelector(".pw-send-whom")?.textContent).toBe("Lignes (1) · Exclus (2)");
  named("patient-1893").click();
  expect(told("patient").map((message) => message["patient"])).toEqual(["1893"]);
});

const again = { delivery: 7, question: "Réessayer à b@exemple.test ?" };
const corrected = { columns: COLUMNS, rows: [["Zoé", "a@exemple.test → b@exemple.test", "✕ Échec", "550", "1", "16:02"]], states: ["failed"], numbers: [], patients: ["1893"], again: [again], seal: "m2", more: "", total: 1 };

test("what failed and has another address by now is sent again from its row, it alone, after the question about it", async () => {
  model = new FakeModel({ words: WORDS, language: "fr" }, (message) => (message.kind === "state" ? after : message.kind === "rows" ? corrected : {}));
  opened = await show(panel, model);
  await settled();
  expect(named("patient-1893")).toBeNull();
  named("again-7").click();
  expect(opened.el.querySelector(".pw-send-question")?.textContent).toBe("Réessayer à b@exemple.test ?");
  named("back").click();
  expect(document.activeElement).toBe(named("again-7"));
  named("again-7").click();
  expect(told("retry")).toEqual([]);
  vi.advanceTimersByTime(600);
  named("yes").click();
  expect(told("retry").map(({ seal, delivery }) => [seal, delivery])).toEqual([["m2", 7]]);
  // The button about all of them asks of all of them.
  named("retry").click();
  expect(opened.el.querySelector(".pw-send-question")?.textContent).toBe("Réessayer 1 message ?");
  vi.advanceTimersByTime(600);
  named("yes").click();
  expect(told("retry").map(({ delivery }) => delivery)).toEqual([7, undefined]);
});

test("a row that stands otherwise by now is asked about in the words of now", async () => {
  const told = { ...corrected, seal: "m1", again: [{ ...again, question: "Réessayer à a@exemple.test ?" }] };
  let asks = 0;
  model = new FakeModel({ words: WORDS, language: "fr" }, (message) => (message.kind === "state" ? after : message.kind === "rows" ? ((asks += 1) === 1 ? told : corrected) : {}));
  opened = await show(panel, model);
  await settled();
  named("again-7").click();
  await settled();
  expect(asks).toBe(2);
  expect(opened.el.querySelector(".pw-send-question")?.textContent).toBe("Réessayer à b@exemple.test ?");
});

test("where nothing may be tried again no row offers it", async () => {
  model = new FakeModel({ words: WORDS, language: "fr" }, (message) => (message.kind === "state" ? { ...after, actions: [] } : message.kind === "rows" ? corrected : {}));
  opened = await show(panel, model);
  await settled();
  expect(opened.el.textContent).toContain("a@exemple.test → b@exemple.test");
  expect(named("again-7")).toBeNull();
});

test("where a mailing of before is offered anew, its reasons are today's and who was left out before waits until somebody asks", async () => {
  const el = await open({ ...after, offer: OFFER });
  await settled();
  expect(told("rows")).toEqual([]);
  expect([...el.querySelectorAll(".pw-send-reasons li")].map((item) => item.textContent)).toEqual(["3✕Aucune adresse <b>e-mail</b>."]);
  await say({ ...after, offer: { ...OFFER, count: 0 } });
  await settled();
  expect(told("rows")).toHaveLength(1);
  expect([...el.querySelectorAll(".pw-send-reasons li")].map((item) => item.textContent)).toEqual(["1✕550"]);
});

test("whoever asks elsewhere on the page is asked here", async () => {
  vi.spyOn(document, "hasFocus").mockReturnValue(true);
  const el = await open(before);
  model.say({ kind: "ask" });
  await settled();
  expect(el.querySelector(".pw-send-question")).not.toBeNull();
  expect(told("confirm")).toEqual([]);
  vi.restoreAllMocks();
});

test("whoever wants to send while the list is counted is asked once it is", async () => {
  vi.spyOn(document, "hasFocus").mockReturnValue(true);
  const el = await open({ ...before, doing: "counting" });
  model.say({ kind: "ask" });
  await settled();
  expect(el.querySelector(".pw-send-question")).toBeNull();
  await say(before);
  expect(el.querySelector(".pw-send-question")).not.toBeNull();
  vi.restoreAllMocks();
});

test("the rows of a mailing are not asked for while its list is being checked, and are once it was", async () => {
  const el = await open({ ...after, doing: "counting" });
  await settled();
  expect(told("rows")).toEqual([]);
  expect(named("rows")).toBeNull();
  await say(after);
  await settled();
  expect(told("rows")).toHaveLength(1);
  expect(el.querySelector("table")).not.toBeNull();
});

test("what was answered while the list was being checked is asked for anew, and of nobody there is no table", async () => {
  let asks = 0;
  const nobody = { columns: COLUMNS, rows: [], states: [], numbers: [], more: "", total: 0, needing: 0 };
  model = new FakeModel({ words: WORDS, language: "fr" }, (message) => (message.kind === "state" ? after : message.kind === "rows" ? ((asks += 1) === 1 ? nobody : rowsOf("")) : {}));
  opened = await show(panel, model);
  await settled();
  expect(opened.el.querySelector(".pw-send-rows")).toBeNull();
  await say({ ...after, doing: "counting" });
  await say(after);
  await settled();
  expect(asks).toBe(2);
  expect(opened.el.querySelector("table")).not.toBeNull();
});

test("where all of a mailing of before leave now, nobody is left to be shown", async () => {
  await open({ ...after, offer: { ...OFFER, numbers: [{ state: "ready", words: "✓ 41 prêts" }], left_out: [] } });
  expect(named("rows")).toBeNull();
});
