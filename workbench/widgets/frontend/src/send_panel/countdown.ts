/** How long a confirmed mailing can still be taken back: counted on the page, said aloud only now and then. */
import { element } from "../shared/widget";
import type { Say, Waiting } from "./state";

/** Seconds left at which it is said aloud: not each second. */
const SAID_LEFT = [600, 300, 120, 60, 30, 10];

export class Countdown {
  /** When the mailing leaves, by this computer's clock, and what of it was said aloud last. */
  private leavesAt = 0;
  private saidLeft = Infinity;
  private shown: HTMLElement | null = null;

  constructor(
    private readonly say: Say,
    private readonly live: HTMLElement,
  ) {}

  /** Count down to this moment. */
  begin(waiting: Waiting): void {
    this.leavesAt = Date.now() + (waiting.until - waiting.now) * 1000;
    this.saidLeft = Infinity;
  }

  /** Make what shows it; a screen reader hears of it in the live region. */
  draw(waiting: Waiting): HTMLElement {
    this.shown = element("span", { class: "pw-send-countdown", "aria-hidden": "true" }, this.words());
    return element("p", { class: "pw-row" }, element("strong", {}, waiting.words), this.shown);
  }

  tick(): void {
    if (this.shown !== null) this.shown.textContent = this.words();
    const left = this.left();
    const due = SAID_LEFT.find((seconds) => left <= seconds && left > seconds - 5 && seconds < this.saidLeft);
    if (due === undefined) return;
    this.saidLeft = due;
    this.live.textContent = due >= 60 ? this.say("leaves_in_minutes", { minutes: due / 60 }) : this.say("leaves_in_seconds", { seconds: due });
  }

  private left(): number {
    return Math.max(0, Math.ceil((this.leavesAt - Date.now()) / 1000));
  }

  private words(): string {
    const left = this.left();
    const seconds = String(left % 60).padStart(left < 60 ? 1 : 2, "0");
    return left < 60 ? this.say("seconds_left", { seconds }) : this.say("minutes_left", { minutes: Math.floor(left / 60), seconds });
  }
}
