/** What a person can do now, and the one question that stands between a click and what it does. */
import { UNREAD_MS } from "../shared/asking";
import { element } from "../shared/widget";
import type { Again } from "./people";
import type { Action, Say, Situation, UndoWindows } from "./state";

/** A question that waits for its yes: about an offer, or about an action, or the action on one message; nothing leaves while it is `held`. */
interface Asked {
  seal: string;
  action?: string;
  one?: Again;
  held?: { count: number };
}

export interface Surroundings {
  /** Where the mailing stands now. */
  situation(): Situation | null;
  /** Tell Python of a gesture, with the seal of what its person had seen. */
  tell(kind: string, values: Record<string, unknown>): void;
  /** Draw the panel anew, and give the focus to what this selector finds. */
  redraw(focus?: string): void;
}

export class Confirmation {
  private asked: Asked | null = null;
  private askedAt = 0;
  /** Whether somebody wants to be asked as soon as the numbers are known. */
  private wanted = false;
  /** Whether a pause that was for a question goes on as soon as it may: the question was closed without a yes. */
  private letGo = false;

  constructor(
    private readonly say: Say,
    private readonly around: Surroundings,
  ) {}

  /** Which question is open: what changes with it is drawn anew. */
  get open(): unknown {
    return this.asked;
  }

  /** Close a question that is about nothing any more. */
  meet(): void {
    this.hold();
    if (this.letGo && this.around.situation()?.doing === "") this.goOn();
    if (this.asked !== null && this.question() === null) this.asked = null;
    if (this.wanted && this.around.situation()?.doing === "") this.askOffer();
  }

  /** Ask on about the same messages once they stand still: the pause was for this question. */
  private hold(): void {
    const { asked } = this;
    const now = asked?.action === undefined ? undefined : this.action(asked.action);
    if (asked?.held && now?.count === asked.held.count) asked.seal = now.seal;
  }

  /** Let the time to take it back go on, which stood still for a question. */
  private goOn(): void {
    this.letGo = false;
    const resume = this.action("resume");
    if (resume !== undefined) this.around.tell("resume", { seal: resume.seal });
  }

  /** Do what Escape and Ctrl+Enter do; tell whether the key was one of them. */
  onKey(event: KeyboardEvent): boolean {
    if (event.key === "Escape" && this.asked !== null) {
      this.back();
      return true;
    }
    if (event.key !== "Enter" || !(event.ctrlKey || event.metaKey) || event.repeat) return false;
    if (this.asked !== null) this.yes();
    else this.askOffer();
    return true;
  }

  /** Ask whether what is offered may leave, once its numbers are known; nothing when a question is open, or nothing can leave. */
  askOffer(): void {
    const situation = this.around.situation();
    this.wanted = situation?.doing === "counting";
    if (this.asked === null && situation?.offer && situation.offer.count > 0 && situation.doing === "") this.ask({ seal: situation.offer.seal });
  }

  /** Ask whether one message is sent again; nothing, and false, where the mailing does not stand any more as the seal says. */
  askAgain(one: Again, seal: string): boolean {
    if (this.action("retry")?.seal !== seal) return false;
    // The question about another row gives way to it.
    if (this.asked === null || this.asked.one !== undefined) this.ask({ action: "retry", seal, one });
    return true;
  }

  /** The open question as it reads now; none when what it was about is gone or has changed. */
  question(): { words: string; yes: string } | null {
    const asked = this.asked;
    const situation = this.around.situation();
    if (asked === null || situation === null) return null;
    if (asked.action === undefined) {
      const offer = situation.offer;
      return offer !== null && offer.seal === asked.seal && situation.doing === "" ? { words: offer.question, yes: offer.yes } : null;
    }
    const action = this.action(asked.action);
    return action === undefined || action.seal !== asked.seal ? null : { words: asked.one?.question ?? action.question, yes: this.say("yes") };
  }

  /** Make the foot: the way back at the left, the main action at the right; a question takes the place of both. */
  foot(situation: Situation): HTMLElement | null {
    const question = this.question();
    if (question !== null) {
      return element(
        "div",
        { class: "pw-row pw-send-foot pw-send-asking", role: "group", "aria-label": question.words },
        element("p", { class: "pw-send-question pw-grow", tabindex: -1, "data-name": "question" }, question.words),
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
      situation.outdated && doing === "" && element("button", { class: "pw-button", type: "button", "data-name": "renew", onclick: () => this.around.tell("renew", {}) }, this.say("new_numbers")),
      main !== undefined && this.button(main, true),
      offer !== null && offer.count > 0 && this.undoWindow(offer.undo, doing !== ""),
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

  action(name: string): Action | undefined {
    return this.around.situation()?.actions.find((action) => action.name === name);
  }

  /** Make the choice of how long what is confirmed may be taken back; the question says it again, and its seal holds it. */
  private undoWindow({ chosen, choices }: UndoWindows, disabled: boolean): HTMLElement {
    const list = element(
      "select",
      { class: "pw-input", "data-name": "undo", disabled },
      ...choices.map(({ minutes, words }) => element("option", { value: minutes, selected: minutes === chosen }, words)),
    );
    list.addEventListener("change", () => this.around.tell("undo", { minutes: Number(list.value) }));
    return element("label", { class: "pw-row pw-send-undo" }, element("span", { class: "pw-note" }, this.say("undo")), list);
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

  private act(action: Action): void {
    const now = this.around.situation();
    if (action.name === "cancel" && now?.waiting && (now.doing === "sending" || now.elsewhere)) {
      // The time to take it back stands still while somebody reads the question.
      this.ask({ action: action.name, seal: action.seal, held: { count: action.count } });
      this.around.tell("pause", { seal: action.seal });
    } else if (action.question !== "") this.ask({ action: action.name, seal: action.seal });
    else this.around.tell(action.name, { seal: action.seal });
  }

  private ask(asked: Asked): void {
    this.asked = asked;
    this.askedAt = Date.now();
    this.around.redraw(".pw-send-question");
  }

  private back(): void {
    const one = this.asked?.one;
    const name = one ? `again-${one.delivery}` : this.asked === null ? "" : (this.asked.action ?? "confirm");
    this.letGo = this.asked?.held !== undefined;
    this.asked = null;
    if (this.letGo && this.around.situation()?.doing === "") this.goOn();
    this.around.redraw(`[data-name="${name}"]`);
  }

  private yes(): void {
    const asked = this.asked;
    if (asked === null || Date.now() - this.askedAt < UNREAD_MS) return;
    this.asked = null;
    this.around.tell(asked.action ?? "confirm", { seal: asked.seal, ...(asked.one && { delivery: asked.one.delivery }) });
    this.around.redraw();
  }
}
