/** The trial of an account: its stages one by one, what failed and what to do, and a report to be copied. */
import { button } from "../shared/controls";
import { element } from "../shared/widget";
import type { Row, Word } from "./form";

interface Stage {
  name: string;
  ok: boolean;
  detail: string;
}

type StageState = "coming" | "doing" | "passed" | "failed" | "untried";

const SIGNS: Record<StageState, [sign: string, look: string]> = {
  coming: ["–", "none"],
  doing: ["…", "doubt"],
  passed: ["✓", "good"],
  failed: ["✕", "bad"],
  untried: ["–", "none"],
};

export interface TrialGestures {
  start(mail: boolean): Promise<{ trial: number; stages: string[] } | null>;
  /** A stage failed for want of the right way in: the provider's steps help. */
  help(): void;
}

export class Trial {
  readonly element: HTMLElement;
  private number = 0;
  private running = false;
  private names: string[] = [];
  /** What was said of a trial before its number was known. */
  private early: { kind: string; [key: string]: unknown }[] = [];
  private readonly ended = new Map<string, Stage>();
  private readonly list = element("ol", { class: "pw-trial-stages" });
  private readonly verdict = element("p", { class: "pw-trial-verdict", role: "status", "aria-live": "polite", tabindex: "-1", hidden: true });
  private readonly report = element("details", { class: "pw-note", hidden: true });
  private readonly unsaved: HTMLElement;
  private readonly mail = element("input", { type: "checkbox" });
  private readonly press: HTMLButtonElement;
  private readonly leave: HTMLButtonElement;
  private readonly last: HTMLElement;

  constructor(
    row: Row,
    private readonly word: Word,
    private readonly gestures: TrialGestures,
  ) {
    this.unsaved = element("p", { class: "pw-note", hidden: true }, word("unsaved"));
    this.press = button(word("button_test"), () => void this.start());
    this.leave = button(word("leave"), () => this.stop(), { hidden: true });
    this.last = element("span", { class: "pw-note" }, row.state.when ? word("last", { when: row.state.when }) : "");
    const mail = element("label", { class: "pw-account-tick" }, this.mail, word("mail", { email: row.email }));
    mail.hidden = row.kind !== "smtp";
    this.element = element(
      "section",
      { class: "pw-trial pw-kept-card", "aria-label": word("trial") },
      element("h4", {}, word("trial")),
      element("p", { class: "pw-note" }, word("trial_note")),
      this.unsaved,
      element("div", { class: "pw-row" }, this.press, mail, this.leave, element("span", { class: "pw-grow" }), this.last),
      this.list,
      this.verdict,
      this.report,
    );
  }

  /** Say that what is typed is not what would be tried. */
  tellUnsaved(unsaved: boolean): void {
    this.unsaved.hidden = !unsaved;
  }

  /** Begin; the stages are heard as they end. */
  async start(): Promise<void> {
    if (this.running) return;
    this.running = true;
    this.press.disabled = true;
    this.leave.hidden = false;
    this.ended.clear();
    this.report.hidden = true;
    this.verdict.hidden = true;
    this.list.replaceChildren();
    this.number = 0;
    this.early = [];
    const begun = await this.gestures.start(this.mail.checked);
    if (begun === null) return this.rest();
    this.number = begun.trial;
    this.names = begun.stages;
    this.draw();
    this.element.scrollIntoView({ block: "nearest" });
    for (const message of this.early) this.hear(message);
  }

  /** Hear a stage or the end of the trial. */
  hear(message: { kind: string; [key: string]: unknown }): void {
    if (this.running && this.number === 0) this.early.push(message);
    if (!this.running || message["trial"] !== this.number) return;
    if (message.kind === "stage") {
      const stage = message["stage"] as Stage;
      if (!this.names.includes(stage.name)) this.names.splice(this.ended.size, 0, stage.name);
      this.ended.set(stage.name, stage);
      this.draw();
      return;
    }
    this.running = false;
    this.draw();
    const failed = [...this.ended.values()].find((stage) => !stage.ok);
    const error = message["error"] as string;
    const good = message["ok"] === true;
    this.verdict.textContent = error ? `✕ ${error}` : good ? this.word("all_passed") : this.word("one_failed", { stage: this.word(`stage_${failed?.name ?? ""}`) });
    this.verdict.className = `pw-trial-verdict pw-state-${good ? "good" : "bad"}`;
    this.verdict.hidden = false;
    this.verdict.scrollIntoView({ block: "nearest" });
    if (failed?.name === "login") this.gestures.help();
    const report = message["report"] as string;
    if (report) this.tellReport(report);
    this.rest();
  }

  private rest(): void {
    this.running = false;
    this.press.disabled = false;
    this.leave.hidden = true;
  }

  private stop(): void {
    this.rest();
    this.list.replaceChildren();
    this.verdict.textContent = this.word("left");
    this.verdict.className = "pw-trial-verdict pw-note";
    this.verdict.hidden = false;
    this.press.focus();
  }

  private draw(): void {
    let doing = this.running;
    this.list.replaceChildren(
      ...this.names.map((name) => {
        const stage = this.ended.get(name);
        const state: StageState = stage ? (stage.ok ? "passed" : "failed") : doing ? "doing" : this.running ? "coming" : "untried";
        if (!stage || !stage.ok) doing = false;
        const [sign, look] = SIGNS[state];
        return element(
          "li",
          { class: `pw-trial-stage`, "data-state": state },
          element("span", { class: `pw-state pw-state-${look}` }, `${sign} ${this.word(state)}`),
          element("span", { class: "pw-trial-name" }, this.word(`stage_${name}`)),
          element("span", { class: "pw-trial-detail" }, stage?.detail ?? ""),
        );
      }),
    );
  }

  private tellReport(report: string): void {
    const text = element("pre", { tabindex: "0" }, report);
    const told = element("span", { role: "status", "aria-live": "polite" });
    const copy = button(this.word("copy"), () => {
      void copyText(report, text).then(() => (told.textContent = this.word("copied")));
    });
    this.report.replaceChildren(element("summary", {}, this.word("report")), element("div", { class: "pw-row" }, copy, told), text);
    this.report.hidden = false;
  }
}

/** Copy a text; where a page may not, select it so that Ctrl+C does. */
async function copyText(text: string, shown: HTMLElement): Promise<void> {
  try {
    await navigator.clipboard.writeText(text);
  } catch {
    const range = document.createRange();
    range.selectNodeContents(shown);
    getSelection()?.removeAllRanges();
    getSelection()?.addRange(range);
    document.execCommand("copy");
  }
}
