// @vitest-environment happy-dom
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import scheduler, { ATTENDED_MS, SETTLED_MS } from "../src/scheduler_page";
import { OPEN_NOTEBOOK } from "../src/shared/lab";
import { counted, told } from "../src/scheduler_page/days";
import { FakeModel, settled, show, type Message } from "./scene";

const values = (more: Record<string, unknown> = {}) => ({
  title: "Manqués", treatment: "missed", search: "", notebook: "", every: "daily", time: "12:00", on: "", start: "2026-11-23", until: "", active: true, host: "",
  parameters: { start: "J-1", end: "J-1", exclude_upcoming: "yes", state: "kept" }, template: "A/B", revision: 3, account: "", role: "", missed: "latest", late_until: "", approvers: [],
  approve_by: "", within_hours: false, not_on_closed_days: false, told: "", ...more,
});
const asks = [
  { name: "start", kind: "day", label: "Du" }, { name: "end", kind: "day", label: "Au" }, { name: "practitioner", kind: "choice", label: "Praticien" },
  { name: "exclude_upcoming", kind: "yes_no", label: "Sans prochain rendez-vous" },
];
const looked = (more: Record<string, unknown> = {}) => ({
  problems: {}, next: [{ when: "lun. 23/11 12:00", days: "dim. 22/11/2026", note: "<b>fermé</b>" }], ends: false, asks, waiting: [],
  log: [{ when: "dim. 22/11 12:00", found: 4, sent: 3, not_sent: 1, state: ["good", "✓", "faite"], sentence: "", run: "r7", copy: "runs/a-r7.ipynb" }],
  also: "Aussi : état", revisions: [["0", "La dernière"], ["3", "Version 3"], ["5", "Version 5"]], ...more,
});
const line = (key: string, state = ["good", "✓", "actif"]) => ({ key, title: `Titre ${key}`, recurrence: "tous les jours", state, trouble: "", active: true, mine: key === "b" });
const list = (more: Record<string, unknown> = {}) => ({
  jobs: [line("a"), line("b", ["doubt", "?", "2 à valider"])], wanted: "", draft: null,
  choices: {
    treatments: [["missed", "Rendez-vous manqués"]], searches: [], notebooks: ["notebooks/a.ipynb"], templates: [["A/B", "A / B"]], roles: [["", "Usuel"], ["payer", "Payeur"]], accounts: [["", "Défaut"]], practitioners: [["CC", "Dr C"], ["MM", "Dr M"]],
    hosts: [["", "Tous"]], people: ["claire"],
  },
  ...more,
});

let opened: Awaited<ReturnType<typeof show>> | undefined;
let model: FakeModel;
let answers: Record<string, Record<string, unknown>>;

beforeEach(() => {
  vi.useFakeTimers();
  answers = { open: list(), job: { values: values(), ...looked() }, new: { values: values({ title: "Nouveau" }), ...looked() }, look: looked(), save: { saved: "a", ...list() }, check: { work: 1 }, run: { work: 2 } };
});
afterEach(() => {
  opened?.close();
  if (opened) expect(model.listening()).toBe(0);
  opened = undefined;
  vi.useRealTimers();
});

async function open(): Promise<HTMLElement> {
  model = new FakeModel({ words: {}, language: "fr" }, (message) => answers[message.kind] ?? {});
  opened = await show(scheduler, model);
  await settled();
  await settled();
  return opened.el;
}
const asked = (kind: string): Message[] => model.sent.filter((one) => one.kind === kind);
const press = async (el: HTMLElement, label: string): Promise<void> => {
  [...el.querySelectorAll("button")].find((one) => one.textContent?.trim() === label)!.click();
  await settled();
  await settled();
};
const fill = async (el: HTMLElement, key: string, value: string, of = "key"): Promise<void> => {
  const control = el.querySelector<HTMLInputElement>(`[data-${of}=${key}]`)!;
  control.value = value;
  control.dispatchEvent(new Event("input"));
  control.dispatchEvent(new Event("change"));
  await vi.advanceTimersByTimeAsync(SETTLED_MS);
  await settled();
};

test("days that count from the run are read and written; others are fixed", () => {
  for (const text of ["J", "J-1", "J+2", "J+1 open"]) expect(told(counted(text)!)).toBe(text);
  expect(counted("j -3 ouvré")).toEqual({ offset: -3, open: true });
  expect(counted("2026-11-23")).toBeNull();
  expect(counted("")).toBeNull();
});

test("the first job is shown with its next and last runs, its texts as text", async () => {
  const el = await open();
  expect(el.querySelector("[aria-current=true]")?.textContent).toContain("Titre a");
  expect(el.querySelector(".pw-job-next")?.textContent).toContain("<b>fermé</b>");
  expect(el.querySelector(".pw-job-next b")).toBeNull();
  expect(el.querySelector(".pw-job-last tbody")?.textContent).toContain("✓ faite");
  expect(el.textContent).toContain("? 2 à valider");
});

test("what the form does not offer is saved as it was", async () => {
  const el = await open();
  await fill(el, "title", "Autre");
  await fill(el, "start_days", "-3");
  expect(asked("look").at(-1)).toMatchObject({ key: "a", changed: true });
  await press(el, "save");
  const sent = asked("save")[0]!["values"] as ReturnType<typeof values>;
  expect(sent).toMatchObject({ title: "Autre", revision: 3, parameters: { start: "J-3", end: "J-1", exclude_upcoming: "yes", state: "kept" } });
});

test("an unticked exclusion and a weekly recurrence are told", async () => {
  const el = await open();
  el.querySelector<HTMLInputElement>("[data-key=exclude_upcoming]")!.click();
  await fill(el, "every", "weekly");
  [...el.querySelectorAll<HTMLElement>(".pw-chip")].find((one) => one.dataset["value"] === "thu")!.click();
  await press(el, "save");
  expect(asked("save")[0]!["values"]).toMatchObject({ every: "weekly", on: "mon,thu", parameters: { exclude_upcoming: "no" } });
});

test("a refused setting is told beside its field, which gets the focus", async () => {
  const el = await open();
  answers["save"] = { problems: { time: "Pas une heure" } };
  await press(el, "save");
  const control = el.querySelector<HTMLElement>("[data-key=time]")!;
  expect(control.getAttribute("aria-invalid")).toBe("true");
  expect(el.querySelector(`#${control.getAttribute("aria-describedby")!.split(" ").at(-1)!}`)?.textContent).toBe("✕ Pas une heure");
  expect(document.activeElement).toBe(control);
});

test("leaving changes that are not saved asks first", async () => {
  const el = await open();
  await fill(el, "title", "Autre");
  await press(el, "Titre btous les jours? 2 à valider");
  expect(asked("job")).toHaveLength(1);
  await press(el, "leave_back");
  expect(asked("job")).toHaveLength(1);
  await press(el, "Titre btous les jours? 2 à valider");
  await press(el, "leave_drop");
  expect(asked("discard")).toHaveLength(1);
  expect(asked("job").at(-1)).toMatchObject({ key: "b" });
});

test("a new job is asked about when it is left, also untouched", async () => {
  const el = await open();
  await press(el, "create");
  await press(el, "Rendez-vous manqués");
  expect(el.querySelector<HTMLInputElement>("[data-key=title]")!.value).toBe("Nouveau");
  await press(el, "Titre atous les jours✓ actif");
  expect(el.querySelector<HTMLElement>(".pw-job-leave")!.hidden).toBe(false);
});

test("a run is asked about with its numbers, and told when it has ended", async () => {
  const el = await open();
  await press(el, "run");
  expect(asked("run")).toHaveLength(0);
  model.say({ kind: "worked", work: 1, what: "check", error: "", sentence: "4 trouvés", question: "Envoyer 4 messages ?" });
  expect(el.textContent).toContain("Envoyer 4 messages ?");
  await press(el, "run_yes");
  expect(asked("run")).toHaveLength(1);
  model.say({ kind: "worked", work: 2, what: "run", error: "Le serveur est muet" });
  expect(el.querySelector(".pw-alert")?.textContent).toBe("✕ Le serveur est muet");
});

test("whoever may not release it sees why, and no button for it", async () => {
  answers["job"] = { values: values(), ...looked({ waiting: [{ mailing: 7, when: "lun.", told: "3 messages", until: "", may: false, note: "Seule Anne", question: "" }] }) };
  const el = await open();
  expect(el.querySelector(".pw-job-waiting")?.textContent).toContain("Seule Anne");
  expect([...el.querySelectorAll(".pw-job-waiting button")].map((one) => one.textContent)).toEqual(["look"]);
});

test("what was typed before the page was closed is in the form again, not saved yet", async () => {
  answers["open"] = list({ draft: { key: "b", values: values({ title: "Brouillon" }) } });
  const el = await open();
  expect(el.querySelector<HTMLInputElement>("[data-key=title]")!.value).toBe("Brouillon");
  expect(el.querySelector("[aria-current=true]")?.textContent).toContain("● modified");
});

test("sending hours are asked of a job that sends, and not of a notebook", async () => {
  let el = await open();
  await press(el, "▸more");
  expect(el.querySelector("[data-key=within_hours]")).not.toBeNull();
  opened?.close();
  answers.job = { values: values({ treatment: "notebook", notebook: "notebooks/a.ipynb", template: "" }), ...looked() };
  el = await open();
  await press(el, "▸more");
  expect(el.querySelector("[data-key=told]")).not.toBeNull();
  expect(el.querySelector("[data-key=within_hours]")).toBeNull();
});

test("the parameters of a notebook are set; what it says itself is left to it, and those of another are forgotten", async () => {
  const parameter = (name: string, value: string, own = value) => ({ name, kind: "text", label: name, value, choices: [], own, day: name === "end" ? "mer. 25/11" : "" });
  const notebook = (more: Record<string, unknown>) => ({ ...looked(), asks: [], ...more });
  answers.job = { values: values({ treatment: "notebook", notebook: "notebooks/a.ipynb", parameters: { end: "J+2" } }), ...notebook({ parameters: [parameter("start", "J+1"), parameter("end", "J+2", "J+1")] }) };
  answers.look = notebook({ problems: { "parameters.start": "Pas une date" }, parameters: [parameter("start", "bientôt", "J+1"), parameter("end", "J+2", "J+1")] });
  const el = await open();
  expect(el.textContent).toContain("mer. 25/11");
  await fill(el, "start", "bientôt", "parameter");
  const start = el.querySelector<HTMLInputElement>("[data-parameter=start]")!;
  expect(el.querySelector(`#${start.getAttribute("aria-describedby")}`)?.textContent).toBe("✕ Pas une date");
  expect(asked("look").at(-1)!["values"]).toMatchObject({ parameters: { start: "bientôt", end: "J+2" } });
  answers.look = notebook({ parameters: [parameter("other", "5")] });
  await fill(el, "notebook", "notebooks/b.ipynb");
  await vi.advanceTimersByTimeAsync(SETTLED_MS);
  expect(asked("look").at(-1)!["values"]).toMatchObject({ notebook: "notebooks/b.ipynb", parameters: {} });
  await fill(el, "other", "6", "parameter");
  await press(el, "save");
  expect(asked("save").at(-1)!["values"]).toMatchObject({ parameters: { other: "6" } });
});

test("a job that another page proposes is in the form, not saved yet, after what was typed is asked about", async () => {
  const el = await open();
  await fill(el, "title", "Autre");
  answers["open"] = list({ proposed: values({ title: "Rappel", active: false }) });
  model.say({ kind: "opened" });
  await settled();
  await settled();
  expect(el.querySelector<HTMLInputElement>("[data-key=title]")!.value).toBe("Autre");
  await press(el, "leave_drop");
  await settled();
  expect(el.querySelector<HTMLInputElement>("[data-key=title]")!.value).toBe("Rappel");
  expect(el.textContent).toContain("proposed");
  expect(asked("look").at(-1)).toMatchObject({ key: "", changed: true, values: { title: "Rappel" } });
});

test("whoever read the trial of a job that is switched off switches it on", async () => {
  answers["job"] = { values: values({ active: false }), ...looked() };
  const el = await open();
  await press(el, "check");
  model.say({ kind: "worked", work: 1, what: "check", error: "", sentence: "4 trouvés", question: "" });
  await press(el, "switch_on");
  expect(asked("save")[0]!["values"]).toMatchObject({ active: true });
});

test("a trial switches on the settings that were tried, and no others", async () => {
  answers["job"] = { values: values({ active: false }), ...looked() };
  const el = await open();
  const trial = { kind: "worked", work: 1, what: "check", error: "", sentence: "4 trouvés", question: "Envoyer 4 messages ?" };
  await press(el, "check");
  model.say(trial);
  expect(el.textContent).toContain("switch_on");
  await fill(el, "start_days", "-3");
  expect(el.textContent).not.toContain("4 trouvés");
  expect(el.textContent).not.toContain("switch_on");
  // What is changed while it is tried was not tried.
  await press(el, "check");
  await fill(el, "start_days", "-5");
  model.say(trial);
  expect(el.textContent).toContain("4 trouvés");
  expect(el.textContent).not.toContain("switch_on");
});

test("what a simulation tells of settings that were changed meanwhile is not shown", async () => {
  answers["replay"] = { work: 7 };
  const el = await open();
  const told = { kind: "worked", work: 7, what: "replay", error: "", rows: [], sentence: "Onze seraient partis", note: "" };
  await press(el, "replay");
  model.say(told);
  expect(el.textContent).toContain("Onze seraient partis");
  await press(el, "replay");
  await fill(el, "title", "Autre");
  model.say(told);
  expect(el.textContent).not.toContain("Onze seraient partis");
});

test("a run is not asked about any more once the settings are others than those it was worked out of", async () => {
  const el = await open();
  const trial = { kind: "worked", work: 1, what: "check", error: "", sentence: "4 trouvés", question: "Envoyer 4 messages ?" };
  await press(el, "run");
  model.say(trial);
  expect(el.textContent).toContain("Envoyer 4 messages ?");
  await fill(el, "start_days", "-3");
  expect(el.textContent).not.toContain("Envoyer 4 messages ?");
  await fill(el, "start_days", "-1");
  await press(el, "run");
  await fill(el, "start_days", "-3");
  model.say(trial);
  expect(el.textContent).not.toContain("Envoyer 4 messages ?");
});

test("the list shows the jobs that are asked for, and says how many", async () => {
  const el = await open();
  const titles = () => [...el.querySelectorAll(".pw-job-one .pw-kept-name")].map((one) => one.textContent);
  expect(titles()).toEqual(["Titre a", "Titre b"]);
  await press(el, "show_mine (1)");
  expect(titles()).toEqual(["Titre b"]);
  expect(el.querySelector("[data-value=mine]")!.getAttribute("aria-pressed")).toBe("true");
  await press(el, "show_failed (0)");
  expect(el.querySelector(".pw-kept-list")!.textContent).toBe("show_none");
});

test("the version and whom it is written to are chosen, and what is not in the form is told", async () => {
  const el = await open();
  expect(el.textContent).toContain("Aussi : état");
  [...el.querySelectorAll<HTMLElement>(".pw-fold-head")].find((one) => one.textContent!.includes("more"))?.click();
  const version = el.querySelector<HTMLSelectElement>("[data-key=revision]")!;
  expect(version.value).toBe("3");
  await fill(el, "revision", "5");
  await fill(el, "role", "payer");
  await press(el, "save");
  expect(asked("save")[0]!["values"]).toMatchObject({ revision: 5, role: "payer" });
});

test("a version that was chosen is one of its email type: another one is sent in its latest", async () => {
  answers["open"] = list({ choices: { ...list().choices, templates: [["A/B", "A / B"], ["C/D", "C / D"]] } });
  const el = await open();
  await press(el, "▸more");
  expect(el.querySelector<HTMLSelectElement>("[data-key=revision]")!.value).toBe("3");
  // The other one has a version of that number, too.
  answers["look"] = looked({ revisions: [["0", "La dernière"], ["3", "Version 3"], ["4", "Version 4"]] });
  await fill(el, "template", "C/D");
  expect(asked("look").at(-1)).toMatchObject({ values: { template: "C/D", revision: 0 } });
  expect(el.querySelector<HTMLSelectElement>("[data-key=revision]")!.value).toBe("0");
  await fill(el, "revision", "4");
  await fill(el, "title", "Autre");
  await press(el, "save");
  expect(asked("save")[0]!["values"]).toMatchObject({ template: "C/D", revision: 4 });
});

test("an email type that is chosen and saved at once is sent in its latest version", async () => {
  answers["open"] = list({ choices: { ...list().choices, templates: [["A/B", "A / B"], ["C/D", "C / D"]] } });
  const el = await open();
  const control = el.querySelector<HTMLSelectElement>("[data-key=template]")!;
  control.value = "C/D";
  control.dispatchEvent(new Event("change"));
  await press(el, "save");
  expect(asked("save")[0]!["values"]).toMatchObject({ template: "C/D", revision: 0 });
});

test("a notebook opens where JupyterLab hears of it, and else is told where it is", async () => {
  answers["open"] = list({ opens: true });
  answers["job"] = { values: values({ treatment: "notebook", notebook: "notebooks/a.ipynb" }), ...looked() };
  const el = await open();
  await press(el, "open_notebook");
  expect(el.querySelector(".pw-alert")?.textContent).toContain("not_opened");
  const opens = vi.fn((event: Event) => event.preventDefault());
  document.addEventListener(OPEN_NOTEBOOK, opens);
  await press(el, "open_run");
  document.removeEventListener(OPEN_NOTEBOOK, opens);
  expect((opens.mock.calls[0]![0] as CustomEvent).detail).toBe("runs/a-r7.ipynb");
  expect(el.querySelector<HTMLElement>(".pw-alert")!.hidden).toBe(true);
});

test("on a page without code a run has its report alone", async () => {
  answers["report"] = { name: "a.html", report: "<p>" };
  const el = await open();
  expect([...el.querySelectorAll(".pw-job-copy button")].map((one) => one.textContent)).toEqual(["report"]);
  await press(el, "report");
  expect(asked("report")[0]).toMatchObject({ run: "r7" });
});

test("a column in which nothing stands is left out of the next runs", async () => {
  answers["job"] = { values: values(), ...looked({ next: [{ when: "lun. 23/11 12:00", days: "", note: "" }] }) };
  const el = await open();
  expect([...el.querySelectorAll(".pw-job-next th")].map((one) => one.textContent)).toEqual(["next_when"]);
});

test("nobody who does what is active is told of, until somebody does", async () => {
  answers["attended"] = { attended: false };
  const el = await open();
  const said = (): string => el.querySelector<HTMLElement>(".pw-side-list [role=status]:not([hidden])")?.textContent ?? "";
  expect(said()).toBe("unattended");
  answers["attended"] = { attended: true };
  vi.advanceTimersByTime(ATTENDED_MS);
  await settled();
  await settled();
  expect(said()).toBe("");
  const before = asked("attended").length;
  vi.advanceTimersByTime(5 * ATTENDED_MS);
  await settled();
  expect(asked("attended").length).toBe(before);
});

test("where nothing is active nobody is missing", async () => {
  answers["open"] = list({ jobs: [{ ...line("a"), active: false }] });
  answers["attended"] = { attended: false };
  const el = await open();
  expect(el.textContent).not.toContain("unattended");
  expect(asked("attended")).toEqual([]);
});

/** The page in which the messages stand under the jobs, as Python puts them there. */
function withMessages(el: HTMLElement): { heading: HTMLElement; stands: HTMLElement } {
  const page = document.createElement("div");
  page.className = "pw-scheduler-page";
  const stands = document.createElement("section");
  stands.className = "pw-message-preview";
  const heading = document.createElement("h3");
  heading.className = "pw-preview-title";
  stands.append(heading);
  el.replaceWith(page);
  page.append(el, stands);
  return { heading, stands };
}

test("whoever asks for the messages is taken to them, and back to the job", async () => {
  answers["job"] = { values: values(), ...looked({ waiting: [{ mailing: 7, when: "lun.", told: "3 messages", until: "", may: true, note: "", question: "Envoyer ?" }] }) };
  const el = await open();
  const { heading, stands } = withMessages(el);
  const scrolled = vi.spyOn(heading, "scrollIntoView");
  await press(el, "look");
  expect(asked("messages")[0]).toMatchObject({ mailing: 7 });
  expect(document.activeElement).toBe(heading);
  expect(scrolled).toHaveBeenCalled();
  expect(el.querySelector(".pw-kept-said")!.textContent).toBe("below");
  model.say({ kind: "return" });
  expect(document.activeElement).toBe(el.querySelector("h4"));
  // Somebody else's way back moves nobody here.
  el.querySelector<HTMLElement>("[data-key=title]")!.focus();
  model.say({ kind: "return" });
  expect(document.activeElement).toBe(el.querySelector("[data-key=title]"));
  stands.parentElement!.remove();
});

test("a trial is brought into sight and leads to the messages", async () => {
  const el = await open();
  const { heading, stands } = withMessages(el);
  const scrolled = vi.spyOn(el.querySelector<HTMLElement>(".pw-job-told")!, "scrollIntoView");
  await press(el, "check");
  model.say({ kind: "worked", work: 1, what: "check", error: "", sentence: "4 trouvés", question: "", people: true });
  expect(scrolled).toHaveBeenCalled();
  await press(el, "look");
  expect(document.activeElement).toBe(heading);
  stands.parentElement!.remove();
});

test("before a notebook is run it is said whether its messages leave", async () => {
  const parameter = { name: "dry_run", kind: "tick", label: "À l’essai", value: "no", choices: [], own: "no", day: "" };
  const notebook = { ...looked(), asks: [], parameters: [parameter] };
  answers["job"] = { values: values({ treatment: "notebook", notebook: "notebooks/a.ipynb" }), ...notebook };
  let el = await open();
  await press(el, "run");
  expect(el.querySelector(".pw-ask-question")?.textContent).toBe("run_notebook");
  await press(el, "run_yes");
  expect(asked("run")).toHaveLength(1);
  opened?.close();
  answers["job"] = { values: values({ treatment: "notebook", notebook: "notebooks/a.ipynb", parameters: { dry_run: "yes" } }), ...notebook, parameters: [{ ...parameter, value: "yes" }] };
  el = await open();
  await press(el, "run");
  expect(el.querySelector(".pw-ask-question")?.textContent).toBe("run_trial");
});

test("what is saved is said beside the button, and announced once", async () => {
  const el = await open();
  const foot = el.querySelector(".pw-job-foot")!;
  expect(foot.lastElementChild!.textContent).toBe("save");
  await press(el, "save");
  expect(el.querySelector(".pw-job-foot .pw-job-saved")!.textContent).toBe("saved");
  const live = [...el.querySelectorAll("[aria-live], [role=status]")].filter((one) => one.textContent === "saved");
  expect(live.map((one) => one.classList.contains("pw-visually-hidden"))).toEqual([true]);
  await fill(el, "title", "Autre");
  expect(el.querySelector(".pw-job-saved")!.textContent).toBe("");
});

test("the days searched are told with the run that searches them", async () => {
  const of = vi.spyOn(FakeModel.prototype, "get").mockImplementation((name) => (name === "words" ? { real_days: "{when} : {days}" } : "fr"));
  const el = await open();
  of.mockRestore();
  expect(el.querySelector(".pw-job-real")!.textContent).toBe("lun. 23/11 12:00 : dim. 22/11/2026");
});

test("the planning of the day needs no email type, and says so first", async () => {
  const templates = [["A/B", "A / B"]];
  answers["open"] = list({ choices: { ...list().choices, templates } });
  answers["job"] = { values: values({ treatment: "day_schedule", template: "A/B" }), ...looked() };
  const el = await open();
  const offered = (): (string | null)[] => [...el.querySelectorAll("[data-key=template] option")].map((one) => one.textContent);
  expect(offered()).toEqual(["own_text", "A / B"]);
  answers["job"] = { values: values({ template: "" }), ...looked() };
  await press(el, "Titre btous les jours? 2 à valider");
  expect(offered()).toEqual(["choose_template", "A / B"]);
});

test("why a patient is written to is explained, after it is asked which one, and forgotten when the job is changed", async () => {
  answers["explain"] = { people: [{ patient: "12", name: "Anne", about: "12" }, { patient: "13", name: "Anne", about: "13" }] };
  const el = await open();
  await press(el, "▸why");
  const words = el.querySelector<HTMLInputElement>("[data-key=why]")!;
  words.value = "anne";
  words.dispatchEvent(new KeyboardEvent("keydown", { key: "Enter", bubbles: true }));
  await settled();
  expect(asked("save")).toHaveLength(0);
  expect(asked("explain")[0]).toMatchObject({ key: "a", words: "anne", values: { title: "Manqués" } });
  answers["explain"] = { who: "Anne", told: "aujourd’hui", conditions: [{ condition: "Période", met: true, detail: "1 <b>" }, { condition: "Ensemble", met: false, detail: "" }] };
  await press(el, "Anne · 13");
  expect(asked("explain")[1]).toMatchObject({ words: "13" });
  const rows = (): (string | null)[] => [...el.querySelectorAll(".pw-job-why-asked ~ div tbody tr")].map((one) => one.textContent);
  expect(rows()).toEqual(["✓ why_metPériode1 <b>", "✕ why_not_metEnsemble"]);
  await fill(el, "start_days", "-3");
  expect(rows()).toEqual([]);
});
