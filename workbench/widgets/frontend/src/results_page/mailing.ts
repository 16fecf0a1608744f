/** One mailing: its numbers, its rows with whoever needs a person first, and what there is to do about them. */
import { button } from "../shared/controls";
import { download } from "../shared/files";
import { element, LOST_AFTER_MS, sentenceOf, type Questions } from "../shared/widget";
import { lookOf, type State } from "../shared/states";
import { barOf, chartOf, keepingFocus, progressOf, said, type Progress, type Word } from "./parts";
import { rowsShown, type Row } from "./rows";

/** What a person can do with a whole mailing, and what is asked before. */
interface Act {
  name: string;
  label: string;
  question: string;
  seal: string;
}

/** How a mailing moves: what Python also says by itself while it is being sent. */
interface Moving {
  working: boolean;
  progress: Progress | null;
  note: string;
  acts: Act[];
}

interface Shown extends Moving {
  id: number;
  title: string;
  facts: string[];
  stage: string;
  ended: boolean;
  states: State[];
  total: number;
  first: number;
  code: string;
  leads: boolean;
  /** What leads to a new mailing with who is left of this one; nothing where nobody is. */
  keep: string;
  /** What another look gives as long as there is nothing else to be seen. */
  mark: string;
  /** What a decision is for: the mailing as it stands. */
  seal: string;
  /** The questions before what can be decided now. */
  asks: Partial<Record<"as_sent" | "again" | "retry", string>>;
}

interface Options {
  id: number;
  /** Which messages somebody came for; without it whoever needs a person is shown first. */
  state: string;
  word: Word;
  questions: Questions;
  back: () => void;
}

export interface MailingShown {
  id: number;
  box: HTMLElement;
  /** Ask for everything anew; returns why it cannot be shown, or nothing. */
  load: () => Promise<string>;
  changed: (error: string) => Promise<void>;
  /** Show how far it is while it is being sent. */
  moved: (moving: Record<string, unknown>) => void;
  focus: () => void;
  close: () => void;
}

const LOOK_AGAIN_MS = 3000;

const countOf = ({ states }: Shown, name: string): number => states.find((one) => one.state === name)?.count ?? 0;

export function mailingShown({ id, state: wanted, word, questions, back }: Options): MailingShown {
  let shown: Shown | null = null;
  let state = "";
  let page = 0;
  let asking = 0;
  let closed = false;
  let drawn = "";
  let listed: Row[] = [];
  let lookedAt = 0; // when the look was asked for that waits for its answer; nothing waits at 0

  const tell = said();
  const title = element("h2", { class: "pw-results-title", tabindex: "-1" });
  const facts = element("p", { class: "pw-note pw-results-facts" });
  const stage = element("span", { class: "pw-state pw-state-none" });
  const chart = chartOf(word, (colours) => questions.ask("chart", { ...colours, mailing: id }));
  const bar = element("div");
  const cards = element("div", { class: "pw-results-cards", role: "group", "aria-label": word("filter") });
  const sift = element("div", { class: "pw-row", role: "group", "aria-label": word("filter") });
  const deeds = element("div", { class: "pw-row pw-results-deeds" });
  const question = element("div", { class: "pw-results-asked", role: "group", hidden: true });
  const box = element("input", { type: "search", class: "pw-input pw-results-search", placeholder: word("search"), "aria-label": word("search"), autocomplete: "off", spellcheck: "false" });
  const progress = progressOf(word);
  const nothing = element("p", { class: "pw-note pw-results-nothing", hidden: true }, word("nobody"));
  const place = element("span", { class: "pw-note", role: "status", "aria-live": "polite" });
  const previous = element("button", { type: "button", class: "pw-button", "aria-label": word("previous_page"), title: word("previous_page"), onclick: () => void turn(-1) }, "◂");
  const next = element("button", { type: "button", class: "pw-button", "aria-label": word("next_page"), title: word("next_page"), onclick: () => void turn(1) }, "▸");
  const pages = element("div", { class: "pw-row pw-results-pages" }, place, previous, next);

  const code = element("code", { class: "pw-results-code" });
  const copied = element("span", { class: "pw-note", role: "status" });
  const analysed = element(
    "div",
    { class: "pw-results-analysed", hidden: true },
    element("p", { class: "pw-note" }, word("analyse_note")),
    element("div", { class: "pw-row" }, code, button(word("copy"), () => {
      void navigator.clipboard?.writeText(code.textContent ?? "").then(() => {
        copied.textContent = `✓ ${word("copied")}`;
      }, () => getSelection()?.selectAllChildren(code));
    }), copied),
  );
  const analyse = button(word("analyse"), () => {
    analysed.hidden = !analysed.hidden;
    analyse.setAttribute("aria-expanded", String(!analysed.hidden));
  }, { "aria-expanded": "false" });
  const exported = (["csv", "xlsx"] as const).map((format) =>
    button(word(`export_${format}`), () => void file(format)),
  );
  const people = rowsShown({
    word,
    questions,
    decide: (kind, row, from) => {
      const recipient = row.recipient === "–" ? row.address : row.recipient;
      ask(word(`ask_${kind}`, { recipient }), from, "settle", { seal: shown?.seal ?? "", delivery: row.delivery, as_sent: kind === "as_sent" });
    },
    openPatient: (patient) => go("patient", { patient }),
    again: () => rows(),
  });
  const whole = element(
    "div",
    {},
    element("div", { class: "pw-row" }, button(word("back"), back, { class: "pw-button pw-quiet pw-results-back" })),
    element("div", { class: "pw-row pw-results-head" }, element("div", { class: "pw-results-what" }, title, facts), stage, element("span", { class: "pw-grow" }), element("div", { class: "pw-row pw-results-tools" }, chart.button, ...exported, analyse)),
    analysed, tell.box, bar, progress.box, cards, chart.box, deeds, question,
    element("div", { class: "pw-row pw-results-find" }, box, sift, element("span", { class: "pw-grow" }), pages),
    element("div", { class: "pw-results-scroll", role: "region", "aria-label": word("filter"), tabindex: "0" }, people.table),
    nothing,
  );

  const file = async (format: string): Promise<void> => {
    try {
      const { message, buffers } = await questions.ask("file", { mailing: id, format, state, search: box.value });
      download(String(message["name"]), buffers[0] as unknown as BlobPart, String(message["type"]));
      tell.say(`✓ ${String(message["said"])}`);
    } catch (refusal) {
      tell.say(sentenceOf(refusal), true);
    }
  };

  /** Ask once, in place, before something that cannot be undone; then do it. */
  const ask = (sentence: string, from: HTMLElement, kind: string, content: Record<string, unknown>): void => {
    const close = (): void => {
      question.hidden = true;
      question.replaceChildren();
    };
    const yes = button(word("yes"), () => {
      close();
      void act(kind, content);
    }, { class: "pw-button pw-main" });
    const no = button(word("cancel"), () => {
      close();
      const key = from.dataset["key"]; // it may have been drawn anew
      (from.isConnected ? from : (whole.querySelector<HTMLElement>(`[data-key="${key}"]`) ?? title)).focus();
    });
    question.setAttribute("aria-label", sentence);
    question.replaceChildren(element("p", {}, sentence), element("div", { class: "pw-row" }, no, yes));
    question.hidden = false;
    question.scrollIntoView({ block: "nearest" });
    no.focus();
  };
  question.addEventListener("keydown", (event) => {
    if (event.key === "Escape") question.querySelector("button")?.click();
  });

  const act = async (kind: string, content: Record<string, unknown>): Promise<void> => {
    let sentence = "";
    let bad = false;
    try {
      const { message } = await questions.ask(kind, { mailing: id, ...content });
      sentence = message["said"] ? `✓ ${String(message["said"])}` : "";
    } catch (refusal) {
      [sentence, bad] = [sentenceOf(refusal), true];
    }
    await load(); // also after a refusal: there are other numbers to decide about
    tell.say(sentence, bad);
    title.focus();
  };

  const go = (kind: string, content: Record<string, unknown>): void => {
    void questions.ask(kind, content).catch((refusal: unknown) => tell.say(sentenceOf(refusal), true));
  };

  const drawRows = (): void => {
    const asks = shown?.asks ?? {};
    keepingFocus(people.table, title, () => people.draw(listed, { leads: shown?.leads === true, as_sent: asks.as_sent !== undefined, resend: asks.again !== undefined }));
    nothing.hidden = listed.length > 0;
  };

  /** Ask for the page of rows that is shown. */
  const rows = async (): Promise<void> => {
    const mine = (asking += 1);
    try {
      const { message } = await questions.ask("rows", { mailing: id, state, search: box.value, page });
      if (mine !== asking) return;
      page = Number(message["page"]);
      listed = message["rows"] as Row[];
      drawRows();
      place.textContent = String(message["place"]);
      const last = Number(message["pages"]) - 1;
      previous.disabled = page <= 0;
      next.disabled = page >= last;
      previous.hidden = next.hidden = last <= 0;
    } catch (refusal) {
      if (mine === asking) tell.say(sentenceOf(refusal), true);
    }
  };

  const turn = async (by: number): Promise<void> => {
    page += by;
    people.closeLetter();
    await rows();
  };

  const choose = (wanted: string): void => {
    state = state === wanted ? "" : wanted; // a second press shows all of them again
    page = 0;
    people.closeLetter();
    press();
    void rows();
  };
  const press = (): void => {
    for (const card of whole.querySelectorAll<HTMLElement>("button[data-state]")) card.setAttribute("aria-pressed", String(card.dataset["state"] === state));
  };

  /** Show how it moves; the buttons are made anew only where there is something else to do. */
  const drawMoving = (told: Shown): void => {
    stage.textContent = told.working ? `… ${word("sending")}` : told.stage;
    bar.hidden = told.progress !== null;
    progress.show(told.progress, told.note);
    const count = (name: string): number => countOf(told, name);
    const deed = (label: string, name: string, sentence: string | undefined, kind: string, content: Record<string, unknown>): HTMLElement => {
      const press = (): void => (sentence ? ask(sentence, made, kind, content) : void act(kind, content));
      const made = button(label, press, { "data-key": `deed:${name}` });
      return made;
    };
    const { asks, acts, seal } = told;
    const all = count("in_doubt") > 1;
    const keep = told.leads && !told.working ? told.keep : "";
    const can = [asks, acts, seal, all, keep];
    if (deeds.dataset["of"] === JSON.stringify(can)) return;
    deeds.dataset["of"] = JSON.stringify(can);
    keepingFocus(deeds, title, () =>
      deeds.replaceChildren(
        ...acts.map((one) => deed(one.label, one.name, one.question, one.name, { seal: one.seal })),
        ...(all && asks.as_sent ? [deed(word("all_as_sent"), "all_as_sent", asks.as_sent, "settle", { seal, as_sent: true })] : []),
        ...(all && asks.again ? [deed(word("all_again"), "all_again", asks.again, "settle", { seal, as_sent: false })] : []),
        ...(count("failed") > 0 && asks.retry ? [deed(word("retry"), "retry", asks.retry, "retry", { seal })] : []),
        ...(keep !== "" ? [button(keep, () => go("keep", { mailing: id }), { "data-key": "deed:keep" })] : []),
      ),
    );
    deeds.hidden = deeds.childElementCount === 0;
  };

  const drawNumbers = (told: Shown): void => {
    title.textContent = told.title;
    facts.textContent = told.facts.join(" · ");
    code.textContent = told.code;
    analyse.hidden = code.textContent === ""; // a page without code has no cell for it
    bar.replaceChildren(barOf(told.states));
    sift.replaceChildren(
      ...[["", `${word("all")} ${told.total}`] as const, ["first", `${word("first")} ${told.first}`] as const].map(([name, label]) =>
        element("button", { type: "button", class: "pw-chip", "data-state": name, "data-key": `sift:${name}`, onclick: () => choose(name) }, label),
      ),
    );
    sift.hidden = told.first === 0;
    cards.replaceChildren(
      ...told.states.map(({ state: name, words: words_, count }) =>
        element("button", { type: "button", class: "pw-results-card", "data-state": name, "data-key": `card:${name}`, disabled: count === 0, onclick: () => choose(name) },
          element("span", { class: `pw-state pw-state-${lookOf(name)}` }, words_), element("b", {}, String(count))),
      ),
    );
  };

  /** Show what differs from what stands there. */
  const draw = (told: Shown): void => {
    const { title: named, facts: about, states, total, first, code: line } = told;
    const numbers = JSON.stringify([named, about, states, total, first, line]);
    if (numbers !== drawn) keepingFocus(whole, title, () => drawNumbers(told));
    drawn = numbers;
    press();
    drawMoving(told);
  };

  const load = async (): Promise<string> => {
    try {
      const { message } = await questions.ask("mailing", { mailing: id });
      if (closed) return "";
      const before = shown === null;
      const told = (shown = message as unknown as Shown);
      const held = (name: string): number => (name === "first" ? told.first : countOf(told, name));
      // Whoever opens a mailing that needs somebody sees these rows first.
      if (before && told.first > 0 && told.first < told.total) state = "first";
      if (before && wanted !== "" && held(wanted) > 0) state = wanted;
      if (state !== "" && held(state) === 0) state = "";
      draw(told);
      await rows();
      return "";
    } catch (refusal) {
      return sentenceOf(refusal);
    }
  };

  /** A mailing on its way is looked at now and then while it is in sight, and shown anew once it has moved. */
  const look = async (): Promise<void> => {
    const waits = lookedAt > 0 && Date.now() - lookedAt < LOST_AFTER_MS;
    const inSight = whole.isConnected && whole.offsetParent !== null && document.visibilityState !== "hidden";
    if (waits || !inSight || shown === null || (shown.ended && !shown.working) || !question.hidden) return;
    lookedAt = Date.now();
    try {
      const { message } = await questions.ask("look", { mailing: id });
      if (!closed && message["mark"] !== shown.mark && question.hidden) await load();
    } catch (refusal) {
      tell.say(sentenceOf(refusal), true);
    }
    lookedAt = 0;
  };
  const looking = setInterval(() => void look(), LOOK_AGAIN_MS);

  let typing: ReturnType<typeof setTimeout> | undefined;
  box.addEventListener("input", () => {
    clearTimeout(typing);
    typing = setTimeout(() => {
      page = 0;
      people.closeLetter();
      void rows();
    }, 150);
  });

  return {
    id,
    box: whole,
    load,
    changed: async (error) => {
      await load();
      if (error) tell.say(error, true);
    },
    moved: ({ working, progress: far, note, acts }) => {
      if (shown === null || closed) return;
      const began = !shown.working;
      // No row is decided about while messages leave.
      shown = { ...shown, working: working === true, progress: far as Progress | null, note: String(note), acts: acts as Act[], asks: {} };
      drawMoving(shown);
      if (began) drawRows();
    },
    // Whoever came to decide about a message stands on the first decision.
    focus: () => ((wanted !== "" && state === wanted && people.table.querySelector<HTMLElement>(".pw-results-acts button")) || title).focus(),
    close: () => {
      closed = true;
      clearInterval(looking);
      clearTimeout(typing);
      chart.forget();
    },
  };
}
