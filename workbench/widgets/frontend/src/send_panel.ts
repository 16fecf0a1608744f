/**
 * The send cell. Python says all that is shown in one message ("state"); the page reports gestures and keeps to itself
 * which question is open. A gesture carries what its person had seen: the seal of an offer, or of how the mailing stands.
 */
import { element, hear, LOST_AFTER_MS, Questions, rootOf, sentenceOf, words, type Model, type Scene } from "./shared/widget";

interface State { state: string; words: string; count: number }
interface Reason { state: string; sentence: string; count: number }
interface Action { name: string; label: string; count: number; question: string; seal: string }
interface Offer {
  seal: string; count: number; total: string; button: string; question: string; yes: string;
  numbers: { state: string; words: string }[]; left_out: Reason[];
}
interface Progress { total: number; done: number; words: string; left: string; states: State[] }
interface Result { states: State[]; groups: Reason[]; rows: number }
/** Until when a confirmed mailing can be taken back: in seconds since 1970, beside the kernel's own time. */
interface Waiting { until: number; now: number; words: string }
interface Situation {
  doing: string; elsewhere: boolean; title: string; account: string; test: boolean;
  offer: Offer | null; progress: Progress | null; result: Result | null; actions: Action[];
  waiting?: Waiting | null; note: string; error: string; changed: string; outdated: boolean;
}
/** A question that waits for its yes: about an offer, or about an action. */
type Asked = { seal: string; action?: string };
/** The rows that need a person; those that can be taken back have their deliveries' numbers. */
interface Rows { rows: string[][]; states: string[]; more: number; numbers?: number[] }

const COLUMNS = ["recipient", "address", "status", "reason", "attempts", "decided_at"];
const LOOKS: Record<string, string> = {
  ready: "good", sent: "good", failed: "bad", to_correct: "bad", in_doubt: "doubt", excluded: "none", skipped: "none", pending: "none",
};
/** Milliseconds in which the second click of a double click would answer a question nobody has read. */
const UNREAD = 500;
/** Milliseconds between two looks at the ledger, while a page is looked at, and between two sentences read aloud. */
const LOOK_AGAIN = 1000;
const SAY_AGAIN = 8000;
/** Seconds left of the time to take a mailing back at which it is said aloud: not each second. */
const SAID_LEFT = [600, 300, 120, 60, 30, 10];

class Panel {
  private readonly say: ReturnType<typeof words>;
  private readonly questions: Questions;
  private readonly body = element("div", { class: "pw-send-body" });
  private readonly trouble = element("p", { class: "pw-alert", role: "alert", hidden: true });
  private readonly live = element("div", { class: "pw-visually-hidden", role: "status", "aria-live": "polite" });
  private readonly timer: number;
  private situation: Situation | null = null;
  private asked: Asked | null = null;
  private askedAt = 0;
  private rows: Rows | null = null;
  private saidAt = 0;
  private saidOf = "";
  private drawn = "";
  /** When the look was asked for that waits for its answer; nothing waits at 0. */
  private lookedAt = 0;
  /** When, by this computer's clock, the mailing that can be taken back leaves, and what of it was said aloud last. */
  private leavesAt = 0;
  private saidLeft = Infinity;

  constructor(model: Model, private readonly root: HTMLElement) {
    this.say = words(model);
    const silence = element("p", { class: "pw-alert", role: "alert", hidden: true }, this.say("silent"));
    this.questions = new Questions(model, (silent) => (silence.hidden = !silent));
    root.setAttribute("aria-label", this.say("title"));
    root.append(silence, this.trouble, this.body, this.live);
    root.addEventListener("keydown", (event) => this.onKey(event));
    this.timer = window.setInterval(() => {
      this.countDown();
      this.look();
    }, LOOK_AGAIN);
  }

  close(): void {
    window.clearInterval(this.timer);
    this.questions.close();
  }

  /** Ask where the mailing stands. What is refused is told, and asked again before long. */
  async begin(): Promise<void> {
    this.lookedAt = Date.now();
    try {
      const { message } = await this.questions.ask("state");
      this.complain("");
      this.show(situationOf(message));
    } catch (refusal) {
      this.complain(sentenceOf(refusal));
    } finally {
      this.lookedAt = 0;
    }
  }

  show(situation: Situation): void {
    const before = this.situation;
    this.situation = situation;
    if (this.asked !== null && this.question() === null) this.asked = null;
    if (situation.waiting && situation.waiting.until !== before?.waiting?.until) {
      this.leavesAt = Date.now() + (situation.waiting.until - situation.waiting.now) * 1000;
      this.saidLeft = Infinity;
    }
    if (Boolean(before?.waiting) !== Boolean(situation.waiting)) this.rows = null;
    if (before !== null && before.result !== null && JSON.stringify(before.result) !== JSON.stringify(situation.result)) this.rows = null;
    this.draw();
    this.speak(before);
  }

  /** Others may move the mailing: ask now and then while somebody looks, but not while it is sent from here. */
  private look(): void {
    const situation = this.situation;
    const waits = this.lookedAt > 0 && Date.now() - this.lookedAt < LOST_AFTER_MS;
    if (waits || (situation !== null && situation.doing !== "") || document.visibilityState === "hidden" || !this.root.isConnected) return;
    if (situation === null) {
      void this.begin();
      return;
    }
    this.lookedAt = Date.now();
    void this.questions
      .ask("look")
      .then(() => "", sentenceOf)
      .then((sentence) => {
        this.lookedAt = 0;
        this.complain(sentence);
      });
  }

  /** Show how long the mailing can still be taken back; say it aloud only now and then. */
  private countDown(): void {
    if (!this.situation?.waiting) return;
    const left = this.left();
    const shown = this.body.querySelector(".pw-send-countdown");
    if (shown !== null) shown.textContent = this.leftWords(left);
    const due = SAID_LEFT.find((seconds) => left <= seconds && left > seconds - 5 && seconds < this.saidLeft);
    if (due === undefined) return;
    this.saidLeft = due;
    this.live.textContent = due >= 60 ? this.say("leaves_in_minutes", { minutes: due / 60 }) : this.say("leaves_in_seconds", { seconds: due });
  }

  private left(): number {
    return Math.max(0, Math.ceil((this.leavesAt - Date.now()) / 1000));
  }

  private leftWords(left: number): string {
    const seconds = String(left % 60).padStart(left < 60 ? 1 : 2, "0");
    return left < 60 ? this.say("seconds_left", { seconds }) : this.say("minutes_left", { minutes: Math.floor(left / 60), seconds });
  }

  private complain(sentence: string): void {
    this.trouble.hidden = sentence === "";
    if (this.trouble.textContent !== sentence) this.trouble.textContent = sentence;
  }

  /** Say what a gesture was refused for, until the mailing has moved on. */
  private refuse(refusal: unknown): void {
    const error = sentenceOf(refusal);
    if (this.situation !== null) this.show({ ...this.situation, error });
  }

  // --- gestures ---------------------------------------------------------------------------------------------

  private ask(asked: Asked): void {
    this.asked = asked;
    this.askedAt = Date.now();
    this.draw();
    this.body.querySelector<HTMLElement>(".pw-send-question")?.focus();
  }

  private back(): void {
    const name = this.asked === null ? "" : (this.asked.action ?? "confirm");
    this.asked = null;
    this.draw();
    this.body.querySelector<HTMLElement>(`[data-name="${name}"]`)?.focus();
  }

  private yes(): void {
    const asked = this.asked;
    if (asked === null || Date.now() - this.askedAt < UNREAD) return;
    this.asked = null;
    this.tell(asked.action ?? "confirm", { seal: asked.seal });
    this.draw();
  }

  private act(action: Action): void {
    if (action.question !== "") this.ask({ action: action.name, seal: action.seal });
    else this.tell(action.name, { seal: action.seal });
  }

  private tell(kind: string, values: Record<string, unknown>): void {
    this.questions.ask(kind, values).catch((refusal: unknown) => this.refuse(refusal));
  }

  private async showRows(): Promise<void> {
    try {
      this.rows = (await this.questions.ask("rows")).message as unknown as Rows;
      this.draw();
    } catch (refusal) {
      this.refuse(refusal);
    }
  }

  private onKey(event: KeyboardEvent): void {
    if (event.key === "Escape" && this.asked !== null) {
      this.back();
      event.preventDefault();
    } else if (event.key === "Enter" && (event.ctrlKey || event.metaKey) && !event.repeat) {
      event.preventDefault();
      const offer = this.situation?.offer;
      if (this.asked !== null) this.yes();
      else if (offer && offer.count > 0 && this.situation?.doing === "") this.ask({ seal: offer.seal });
    }
  }

  private action(name: string): Action | undefined {
    return this.situation?.actions.find((action) => action.name === name);
  }

  /** The open question as it reads now; none when what it was about is gone or has changed. */
  private question(): { words: string; yes: string } | null {
    const { asked, situation } = this;
    if (asked === null || situation === null) return null;
    if (asked.action === undefined) {
      const offer = situation.offer;
      return offer !== null && offer.seal === asked.seal && situation.doing === "" ? { words: offer.question, yes: offer.yes } : null;
    }
    const action = this.action(asked.action);
    return action === undefined || action.seal !== asked.seal ? null : { words: action.question, yes: this.say("yes") };
  }

  // --- what is shown ----------------------------------------------------------------------------------------

  private draw(): void {
    const situation = this.situation;
    if (situation === null) return;
    const frame = this.frame(situation);
    if (frame === this.drawn) {
      if (situation.progress !== null) this.move(situation.progress, situation.note);
      return;
    }
    this.drawn = frame;
    const focused = document.activeElement instanceof HTMLElement && this.body.contains(document.activeElement) ? document.activeElement.dataset["name"] : undefined;
    this.body.replaceChildren(
      this.header(situation),
      ...[
        situation.error !== "" && element("p", { class: "pw-alert", role: "alert" }, situation.error),
        situation.changed !== "" && element("p", { class: "pw-alert", role: "alert" }, situation.changed),
        situation.waiting && this.waiting(situation.waiting),
        situation.progress !== null && this.progress(situation.progress),
        situation.result !== null && this.result(situation.result),
        situation.offer !== null && this.offer(situation.offer, situation.result !== null),
        situation.note !== "" && element("p", { class: "pw-note pw-send-note" }, situation.note),
        this.foot(situation),
      ].filter((part) => part instanceof Node),
    );
    if (focused !== undefined) this.body.querySelector<HTMLElement>(`[data-name="${focused}"]`)?.focus();
  }

  /** What the page is made anew for. What moves ten times a second is not: no button is replaced under the finger. */
  private frame(situation: Situation): string {
    const waiting = situation.waiting ? [situation.waiting.until, this.rows] : null; // the kernel's clock moves, too
    if (situation.progress === null) return JSON.stringify([{ ...situation, waiting }, this.asked, this.rows]);
    const { progress: _moves, note, actions, ...rest } = situation;
    return JSON.stringify([{ ...rest, waiting }, note !== "", actions.map((action) => action.name), this.asked]);
  }

  private header({ title, account, test }: Situation): HTMLElement {
    return element(
      "header",
      { class: "pw-row pw-send-header" },
      element("strong", {}, title),
      element("span", { class: test ? "pw-state pw-state-doubt" : "pw-note" }, account),
    );
  }

  private offer(offer: Offer, resting: boolean): HTMLElement {
    return element(
      "div",
      { class: "pw-send-offer" },
      element(
        "div",
        { class: "pw-row" },
        element("strong", {}, offer.total),
        ...offer.numbers.map((number) => element("span", { class: `pw-state pw-state-${LOOKS[number.state] ?? "none"}` }, number.words)),
      ),
      // Where results are shown already, they tell who was left out.
      !resting && offer.left_out.length > 0 && this.reasons(this.say("left_out"), offer.left_out),
    );
  }

  private reasons(title: string, reasons: Reason[]): HTMLElement {
    return element(
      "div",
      { class: "pw-send-reasons" },
      element("span", { class: "pw-label" }, title),
      element(
        "ul",
        {},
        ...reasons.map((reason) =>
          element("li", {}, element("b", {}, String(reason.count)), element("span", { class: `pw-send-sign pw-send-${LOOKS[reason.state] ?? "none"}`, "aria-hidden": "true" }, SIGNS[reason.state] ?? "–"), reason.sentence),
        ),
      ),
    );
  }

  private bar(states: State[]): HTMLElement {
    const told = states.map((state) => `${state.words} ${state.count}`).join(", ");
    return element("div", { class: "pw-send-bar", role: "img", "aria-label": told }, ...states.filter((state) => state.count > 0).map(slice));
  }

  private progress(progress: Progress): HTMLElement {
    const shown = element(
      "div",
      { class: "pw-send-progress" },
      element("div", { class: "pw-send-bar", role: "progressbar", "aria-label": this.say("progress"), "aria-valuemin": 0 }),
      element("div", { class: "pw-row pw-send-counts" }),
    );
    fill(shown, progress);
    return shown;
  }

  private move(progress: Progress, note: string): void {
    const shown = this.body.querySelector<HTMLElement>(".pw-send-progress");
    if (shown !== null) fill(shown, progress);
    const noted = this.body.querySelector(".pw-send-note");
    if (noted !== null && noted.textContent !== note) noted.textContent = note;
    const question = this.question();
    const asked = this.body.querySelector(".pw-send-question");
    if (question !== null && asked !== null && asked.textContent !== question.words) asked.textContent = question.words;
  }

  private waiting(waiting: Waiting): HTMLElement {
    return element(
      "div",
      { class: "pw-send-waiting" },
      element(
        "p",
        { class: "pw-row" },
        element("strong", {}, waiting.words),
        // A screen reader hears of it now and then, in the live region.
        element("span", { class: "pw-send-countdown", "aria-hidden": "true" }, this.leftWords(this.left())),
      ),
      this.table(this.say("waiting_rows")),
    );
  }

  private takeBack(delivery: number): void {
    void this.questions
      .ask("take_back", { seal: this.action("cancel")?.seal ?? "", delivery })
      .then(() => this.showRows())
      .catch((refusal: unknown) => this.refuse(refusal));
  }

  private result(result: Result): HTMLElement {
    return element(
      "div",
      { class: "pw-send-result" },
      this.bar(result.states),
      element(
        "div",
        { class: "pw-send-cards" },
        ...result.states.map((state) =>
          element(
            "div",
            { class: "pw-send-card", "data-state": state.state },
            element("span", { class: `pw-state pw-state-${LOOKS[state.state] ?? "none"}` }, state.words),
            element("b", {}, String(state.count)),
          ),
        ),
      ),
      result.groups.length > 0 && this.reasons(this.say("reasons"), result.groups),
      result.rows > 0 && !this.situation?.waiting && this.table(this.say("show_rows")),
    );
  }

  private table(show: string): HTMLElement {
    const rows = this.rows;
    if (rows === null) {
      return element("button", { class: "pw-button pw-quiet", type: "button", "data-name": "rows", onclick: () => void this.showRows() }, show);
    }
    const numbers = rows.numbers ?? [];
    return element(
      "div",
      { class: "pw-send-rows" },
      element(
        "table",
        { "aria-label": this.say("rows") },
        element("thead", {}, element("tr", {}, ...COLUMNS.map((name) => element("th", { scope: "col" }, this.say(name))), numbers.length > 0 && element("td", {}))),
        element(
          "tbody",
          {},
          ...rows.rows.map((cells, place) =>
            element(
              "tr",
              {},
              ...cells.map((cell, column) =>
                COLUMNS[column] === "status" ? element("td", {}, element("span", { class: `pw-state pw-state-${LOOKS[rows.states[place] ?? ""] ?? "none"}` }, cell)) : element("td", {}, cell),
              ),
              numbers[place] !== undefined && element("td", {}, this.takeBackButton(numbers[place], cells[0] ?? "")),
            ),
          ),
        ),
      ),
      rows.more > 0 && element("p", { class: "pw-note" }, this.say("more_rows", { count: rows.more })),
      element(
        "button",
        {
          class: "pw-button pw-quiet", type: "button", "data-name": "rows",
          onclick: () => {
            this.rows = null;
            this.draw();
          },
        },
        this.say("hide_rows"),
      ),
    );
  }

  private takeBackButton(delivery: number, whose: string): HTMLElement {
    return element(
      "button",
      {
        class: "pw-button pw-quiet", type: "button", "data-name": `take-back-${delivery}`, "aria-label": `${this.say("take_back")}: ${whose}`,
        onclick: () => this.takeBack(delivery),
      },
      this.say("take_back"),
    );
  }

  /** The way back at the left, the main action at the right; a question takes the place of both. */
  private foot(situation: Situation): HTMLElement | null {
    const question = this.question();
    if (question !== null) {
      return element(
        "div",
        { class: "pw-row pw-send-foot pw-send-asking", role: "group", "aria-label": question.words },
        element("p", { class: "pw-send-question pw-grow", tabindex: -1 }, question.words),
        element("button", { class: "pw-button", type: "button", "data-name": "back", onclick: () => this.back() }, this.say("back")),
        element("button", { class: "pw-button pw-main", type: "button", "data-name": "yes", onclick: () => this.yes() }, question.yes),
      );
    }
    const { offer, doing } = situation;
    const busy = doing === "counting" || doing === "checking" ? this.say(doing) : "";
    const main = offer === null ? situation.actions.find((action) => action.name === "resume") : undefined;
    if (offer === null && situation.actions.length === 0 && busy === "" && !situation.outdated) return null;
    return element(
      "div",
      { class: "pw-row pw-send-foot" },
      ...situation.actions.filter((action) => action !== main).map((action) => this.button(action, false)),
      element("span", { class: "pw-grow pw-note" }, situation.outdated ? this.say("outdated") : busy),
      situation.outdated && doing === "" && element("button", { class: "pw-button", type: "button", "data-name": "renew", onclick: () => this.tell("renew", {}) }, this.say("new_numbers")),
      main !== undefined && this.button(main, true),
      offer !== null &&
        element(
          "button",
          {
            class: "pw-button pw-main", type: "button", "data-name": "confirm", disabled: doing !== "" || offer.count === 0,
            onclick: () => this.ask({ seal: offer.seal }),
          },
          offer.button,
        ),
    );
  }

  private button(action: Action, main: boolean): HTMLElement {
    return element(
      "button",
      {
        class: main ? "pw-button pw-main" : "pw-button", type: "button", "data-name": action.name,
        onclick: (event: MouseEvent) => {
          // The second click of a double click is about nothing; the number is the one shown now.
          const now = this.action(action.name);
          if (event.detail < 2 && now !== undefined) this.act(now);
        },
      },
      action.label,
    );
  }

  /** Say aloud what matters: a new state at once, how far it is now and then. */
  private speak(before: Situation | null): void {
    const situation = this.situation;
    if (situation === null) return;
    const of = `${situation.doing}|${situation.elsewhere}|${situation.offer?.seal ?? ""}`;
    const turned = of !== this.saidOf;
    if (!turned && (situation.progress === null || Date.now() - this.saidAt < SAY_AGAIN)) return;
    this.saidOf = of;
    this.saidAt = Date.now();
    const { progress, result, offer } = situation;
    const states = progress?.states ?? (before !== null ? result?.states : undefined);
    const told = [
      situation.waiting?.words,
      progress?.words,
      states?.map((state) => `${state.words} ${state.count}`).join(", "),
      progress === null && offer !== null ? [offer.total, ...offer.numbers.map((number) => number.words)].join(", ") : undefined,
      situation.note,
    ];
    this.live.textContent = told.filter((part) => part !== undefined && part !== "").join(". ");
  }
}

const SIGNS: Record<string, string> = { to_correct: "✕", failed: "✕", in_doubt: "?", excluded: "–", skipped: "–" };

/** What a message says of the mailing, whether it was asked for or not. */
function situationOf({ kind: _kind, request: _request, view: _view, ...situation }: Record<string, unknown>): Situation {
  return situation as unknown as Situation;
}

function slice(state: State): HTMLElement {
  const made = element("span", { class: `pw-send-slice pw-send-of-${state.state}` });
  made.style.flexGrow = String(state.count);
  return made;
}

function fill(shown: HTMLElement, progress: Progress): void {
  const [bar, counts] = [...shown.children] as HTMLElement[];
  if (bar === undefined || counts === undefined) return;
  bar.setAttribute("aria-valuemax", String(progress.total));
  bar.setAttribute("aria-valuenow", String(progress.done));
  bar.setAttribute("aria-valuetext", progress.words);
  bar.replaceChildren(...progress.states.filter((state) => state.count > 0).map(slice));
  counts.replaceChildren(
    element("strong", { class: "pw-send-done" }, progress.words),
    ...progress.states.filter((state) => state.count > 0 && state.state !== "pending").map((state) => element("span", { class: `pw-state pw-state-${LOOKS[state.state] ?? "none"}` }, `${state.words} ${state.count}`)),
    element("span", { class: "pw-grow" }),
    element("span", { class: "pw-note" }, progress.left),
  );
}

export default {
  /** Python hears of the page as soon as the widget is there, even when its cell is out of sight. */
  initialize({ model }: { model: Model }): void {
    model.send({ kind: "look" });
  },
  render(scene: Scene): () => void {
    const panel = new Panel(scene.model, rootOf(scene, "send"));
    const stop = hear(scene.model, (message) => {
      if (message.kind === "state") panel.show(situationOf(message));
    });
    void panel.begin();
    return () => {
      stop();
      panel.close();
    };
  },
};
