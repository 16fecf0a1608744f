/**
 * The send cell. Python says all that is shown in one message ("state"); the page reports gestures and keeps to itself
 * which question is open. A gesture carries what its person had seen: the seal of an offer, or of how the mailing stands.
 */
import { Confirmation } from "./send_panel/confirmation";
import { Countdown } from "./send_panel/countdown";
import { move, offered, progressed, resulted } from "./send_panel/numbers";
import { statesAsWords } from "./shared/states";
import { People, type Rows } from "./send_panel/people";
import { situationOf, type Progress, type Say, type Situation, type Waiting } from "./send_panel/state";
import { element, hear, LOST_AFTER_MS, Questions, rootOf, sentenceOf, words, type Model, type Scene } from "./shared/widget";

/** Who was not reached in a mailing of more messages is shown when somebody asks: it takes the kernel its time. */
const SHOWN_AT_ONCE = 5000;
/** Milliseconds of a countdown, between two looks at the ledger while the panel is in sight, and between two sentences read aloud. */
const TICK_MS = 1000;
export const LOOK_AGAIN_MS = 3000;
const SAY_AGAIN = 8000;
/** What is told of those who are in no row: the message leaves, or has. */
const LEAVING = ["ready", "sent", "pending"];

class Panel {
  private readonly say: Say;
  private readonly questions: Questions;
  private readonly confirmation: Confirmation;
  private readonly countdown: Countdown;
  private readonly people: People;
  private readonly body = element("div", { class: "pw-send-body" });
  private readonly trouble = element("p", { class: "pw-alert", role: "alert", hidden: true });
  private readonly live = element("div", { class: "pw-visually-hidden", role: "status", "aria-live": "polite" });
  private readonly timer: number;
  private situation: Situation | null = null;
  private saidAt = 0;
  private saidOf = "";
  private drawn = "";
  /** When the look was asked for that waits for its answer; nothing waits at 0. */
  private lookedAt = 0;
  /** When a look was last asked for. */
  private lookedLast = 0;

  constructor(model: Model, private readonly root: HTMLElement) {
    this.say = words(model);
    const silence = element("p", { class: "pw-alert pw-waits", role: "alert", hidden: true }, this.say("silent"));
    this.questions = new Questions(model, (silent) => (silence.hidden = !silent));
    this.countdown = new Countdown(this.say, this.live);
    this.people = new People(this.say, {
      ask: async (find) => (await this.questions.ask("rows", { find })).message as unknown as Rows,
      takeBack: (delivery) => this.questions.ask("take_back", { seal: this.confirmation.action("cancel")?.seal ?? "", delivery }),
      openPatient: (patient) => this.questions.ask("patient", { patient }),
      maySendAgain: () => this.confirmation.action("retry") !== undefined,
      sendAgain: (again, seal) => this.confirmation.askAgain(again, seal),
      redraw: () => this.draw(),
      refuse: (refusal) => this.refuse(refusal),
    });
    this.confirmation = new Confirmation(this.say, {
      situation: () => this.situation,
      tell: (kind, values) => this.tell(kind, values),
      redraw: (focus) => {
        this.draw();
        if (focus !== undefined) this.body.querySelector<HTMLElement>(focus)?.focus();
      },
    });
    root.setAttribute("aria-label", this.say("title"));
    root.append(silence, this.trouble, this.body, this.live);
    root.addEventListener("keydown", (event) => {
      if (this.confirmation.onKey(event)) event.preventDefault();
    });
    this.timer = window.setInterval(() => {
      if (this.situation?.waiting) this.countdown.tick();
      this.look();
    }, TICK_MS);
  }

  close(): void {
    window.clearInterval(this.timer);
    this.people.close();
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
    this.confirmation.meet();
    if (situation.waiting && situation.waiting.until !== before?.waiting?.until) this.countdown.begin(situation.waiting);
    if (Boolean(before?.waiting) !== Boolean(situation.waiting)) this.people.forget();
    if (before?.doing === "counting" && situation.doing !== "counting") this.people.lookAgain();
    if (before !== null && before.result !== null && JSON.stringify(before.result) !== JSON.stringify(situation.result)) this.people.forget();
    this.draw();
    this.speak(before);
  }

  /** Ask what the main button asks: somebody pressed the main key elsewhere on the page. */
  ask(): void {
    if (document.hasFocus()) this.confirmation.askOffer();
  }

  /** Others may move the mailing: ask now and then while somebody looks, but not while it is sent from here. */
  private look(): void {
    const situation = this.situation;
    const waits = this.lookedAt > 0 && Date.now() - this.lookedAt < LOST_AFTER_MS;
    if (waits || (situation !== null && situation.doing !== "") || document.visibilityState === "hidden") return;
    // On a page of the desk that is not shown nobody sees it.
    if (!(this.root.checkVisibility?.() ?? this.root.isConnected)) return;
    if (situation === null) {
      void this.begin();
      return;
    }
    if (Date.now() - this.lookedLast < LOOK_AGAIN_MS) return;
    this.lookedAt = this.lookedLast = Date.now();
    void this.questions
      .ask("look")
      .then(() => "", sentenceOf)
      .then((sentence) => {
        this.lookedAt = 0;
        this.complain(sentence);
      });
  }

  private complain(sentence: string): void {
    this.trouble.hidden = sentence === "";
    if (this.trouble.textContent !== sentence) this.trouble.textContent = sentence;
  }

  // --- gestures ---------------------------------------------------------------------------------------------

  private tell(kind: string, values: Record<string, unknown>): void {
    this.questions.ask(kind, values).catch((refusal: unknown) => this.refuse(refusal));
  }

  /** Say what a gesture was refused for, until the mailing has moved on. */
  private refuse(refusal: unknown): void {
    const error = sentenceOf(refusal);
    if (this.situation !== null) this.show({ ...this.situation, error });
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
    const held = this.body.contains(document.activeElement);
    const focused = document.activeElement instanceof HTMLElement && held ? document.activeElement.dataset["name"] : undefined;
    const { waiting, progress, result, offer } = situation;
    const whole = result?.states.reduce((sum, { count }) => sum + count, 0) ?? 0;
    // How it stood before is not how it stands now: who leaves is offered, and the others have their reasons there.
    const anew = offer !== null && offer.count > 0;
    const atOnce = progress === null && whole <= SHOWN_AT_ONCE && !anew;
    // While the list is being checked nobody can tell who is left, and where all leave now nobody is.
    const told = situation.doing !== "counting" || this.people.drawn !== null;
    const left = !anew || offer.numbers.some(({ state }) => !LEAVING.includes(state));
    const stood = result !== null && anew ? { ...result, groups: [] } : result;
    this.body.replaceChildren(
      header(situation),
      ...[
        situation.error !== "" && element("p", { class: "pw-alert", role: "alert" }, situation.error),
        situation.changed !== "" && element("p", { class: "pw-alert", role: "alert" }, situation.changed),
        waiting && this.waiting(waiting),
        progress !== null && progressed(progress, this.say),
        stood !== null && resulted(stood, stood.rows > 0 && told && left && !waiting ? this.people.draw(this.say("show_rows"), atOnce) : null, this.say),
        offer !== null && offered(offer, result !== null && !anew, this.say),
        situation.note !== "" && element("p", { class: "pw-note pw-send-note" }, situation.note),
        this.confirmation.foot(situation),
      ].filter((part) => part instanceof Node),
    );
    if (focused !== undefined) this.body.querySelector<HTMLElement>(`[data-name="${focused}"]`)?.focus();
    // What is above an open question may have grown: it stays in sight.
    this.body.querySelector(".pw-send-asking")?.scrollIntoView({ block: "nearest" });
    // Where what had the focus is gone, the panel keeps it: the next key is not for the notebook around it.
    if (held && !this.body.contains(document.activeElement)) this.root.focus({ preventScroll: true });
  }

  /** What the page is made anew for. What moves ten times a second is not: no button is replaced under the finger. */
  private frame(situation: Situation): string {
    const waiting = situation.waiting ? [situation.waiting.until, this.people.drawn] : null; // the kernel's clock moves, too
    const asked = this.confirmation.open;
    if (situation.progress === null) return JSON.stringify([{ ...situation, waiting }, asked, this.people.drawn]);
    const { progress: _moves, note, actions, ...rest } = situation;
    return JSON.stringify([{ ...rest, waiting }, note !== "", actions.map((action) => action.name), asked]);
  }

  private move(progress: Progress, note: string): void {
    const shown = this.body.querySelector<HTMLElement>(".pw-send-progress");
    if (shown !== null) move(shown, progress);
    const noted = this.body.querySelector(".pw-send-note");
    if (noted !== null && noted.textContent !== note) noted.textContent = note;
    const question = this.confirmation.question();
    const asked = this.body.querySelector(".pw-send-question");
    if (question !== null && asked !== null && asked.textContent !== question.words) asked.textContent = question.words;
  }

  private waiting(waiting: Waiting): HTMLElement {
    return element("div", { class: "pw-send-waiting" }, this.countdown.draw(waiting), this.people.draw(this.say("waiting_rows")));
  }

  /** Say aloud what matters: a new state at once, how far it is now and then. */
  private speak(before: Situation | null): void {
    const situation = this.situation;
    if (situation === null) return;
    const of = `${situation.doing}|${situation.elsewhere}|${situation.offer?.seal ?? ""}`;
    const turned = of !== this.saidOf;
    // While it can be taken back, the countdown says aloud how long.
    if (!turned && (situation.progress === null || situation.waiting || Date.now() - this.saidAt < SAY_AGAIN)) return;
    this.saidOf = of;
    this.saidAt = Date.now();
    const { progress, result, offer } = situation;
    const states = progress?.states ?? (before !== null ? result?.states : undefined);
    const said = [
      situation.waiting?.words,
      progress?.words,
      states && statesAsWords(states),
      progress === null && offer !== null ? [offer.total, ...offer.numbers.map((number) => number.words)].join(", ") : undefined,
      situation.note,
    ];
    const sentence = said.filter((part) => part !== undefined && part !== "").join(". ");
    if (this.live.textContent !== sentence) this.live.textContent = sentence;
  }
}

function header({ title, account, test }: Situation): HTMLElement {
  return element(
    "header",
    { class: "pw-row pw-send-header" },
    element("strong", {}, title),
    element("span", { class: test ? "pw-state pw-state-doubt" : "pw-note" }, account),
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
      else if (message.kind === "ask") panel.ask();
    });
    void panel.begin();
    return () => {
      stop();
      panel.close();
    };
  },
};
