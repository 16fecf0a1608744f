/**
 * The bar over the text of an email type while somebody writes it: whether it is saved, why it was changed, and the way
 * back. What somebody else saved meanwhile is shown word by word, and never written over unasked.
 */
import { button, field } from "../shared/controls";
import { element } from "../shared/widget";
import { askOnce, drawChanges, folderField, sentenceOf, smallForm, textInput, type Change, type Desk } from "./desk";

export interface State {
  path?: string;
  label?: string;
  revision?: number;
  dirty?: boolean;
  /** That it was taken up again as it had been left, as a sentence. */
  resumed?: string;
  /** Who else is writing it, as sentences. */
  others?: string[];
}

interface Answered extends State {
  said?: string;
  overtaken?: string;
  about?: string;
  gone?: boolean;
  /** The revision of somebody else that is shown. */
  theirs?: number;
  asks?: boolean;
  changes?: Change[];
}

export class Writing {
  readonly whole = element("section", { class: "pw-writing", hidden: true });
  private state: State = {};
  private readonly title = element("h3", { class: "pw-details-title", tabindex: "-1" });
  private readonly sign = element("span", { role: "status", "aria-live": "polite" });
  private readonly reason = textInput();
  private readonly save: HTMLButtonElement;
  private readonly told = element("div", { role: "status" });
  private readonly below = element("div", { class: "pw-writing-below" });

  constructor(
    private readonly desk: Desk,
    private readonly onleave: () => void,
  ) {
    const { word } = desk;
    this.save = button(word("save"), () => void this.store(""), { class: "pw-button pw-main" });
    this.reason.addEventListener("keydown", (event) => {
      if (event.key !== "Enter") return;
      event.preventDefault();
      if (!this.save.disabled) void this.store("");
    });
    this.whole.append(
      element("div", { class: "pw-row pw-writing-bar" }, button(word("back"), () => void this.leave(false)), this.title, this.sign, element("span", { class: "pw-grow" }), field(word("reason"), this.reason), this.save),
      this.told,
      this.below,
    );
  }

  get open(): boolean {
    return this.state.path !== undefined;
  }

  /** Show how the text stands; nothing is being written without a path. */
  show(state: State): void {
    const other = state.path !== this.state.path;
    this.state = state;
    this.whole.hidden = !this.open;
    if (other) {
      this.reason.value = "";
      this.below.replaceChildren();
    }
    const { word } = this.desk;
    this.title.textContent = word("writing", { label: state.label ?? "" });
    this.sign.textContent = state.dirty ? word("dirty") : word("clean", { revision: state.revision ?? 0 });
    this.sign.className = `pw-state ${state.dirty ? "pw-state-doubt" : "pw-state-good"}`;
    this.save.disabled = !state.dirty;
    const sentences = [...(state.others ?? []), ...(state.resumed ? [state.resumed] : [])];
    if (sentences.join() === this.told.textContent) return;
    this.told.replaceChildren(...sentences.map((one) => element("p", { class: "pw-unsaved" }, one)));
  }

  focus(): void {
    this.title.focus();
  }

  private async store(how: string, more: Record<string, unknown> = {}): Promise<boolean> {
    this.save.disabled = true;
    try {
      const answer = (await this.desk.ask("save", { reason: this.reason.value, how, ...more })) as unknown as Answered;
      if (answer.overtaken !== undefined) {
        this.tellOvertaken(answer);
        this.save.disabled = false;
        return false;
      }
      this.below.replaceChildren();
      this.reason.value = "";
      this.show(answer);
      this.desk.tell(answer.said ?? "");
      return true;
    } catch (refusal) {
      this.save.disabled = false;
      this.say(sentenceOf(refusal));
      return false;
    }
  }

  private say(sentence: string): void {
    this.below.replaceChildren(element("p", { class: "pw-alert", role: "alert" }, `✕ ${sentence}`));
  }

  /** Somebody else saved another version meanwhile: say so, show what differs, and let the person decide. */
  private tellOvertaken(answer: Answered): void {
    const { word } = this.desk;
    const copy = button(word("save_copy"), () => this.askCopy());
    this.below.replaceChildren(
      element("p", { class: "pw-alert", role: "alert" }, `✕ ${answer.overtaken ?? ""}`),
      ...(answer.gone
        ? [element("div", { class: "pw-row" }, copy)]
        : [
            element("p", {}, element("strong", {}, answer.about ?? ""), ". ", word("theirs")),
            drawChanges(answer.changes ?? [], word),
            element("div", { class: "pw-row" }, button(word("take_theirs"), () => void this.takeTheirs()), copy, element("span", { class: "pw-grow" }), button(word("save_over"), () => void this.store("over", { theirs: answer.theirs }), { class: "pw-button pw-main" })),
          ]),
    );
  }

  private askCopy(): void {
    const { word } = this.desk;
    const path = this.state.path ?? "";
    const label = textInput(word("copy_of", { label: this.state.label ?? "" }), { required: true, maxlength: 120 });
    const home = folderField(this.desk, path.slice(0, Math.max(0, path.lastIndexOf("/"))));
    this.below.append(
      smallForm({
        title: word("save_copy"),
        fields: [field(word("label"), label), home.whole],
        submit: word("save"),
        cancel: word("cancel"),
        onclose: () => this.below.lastElementChild?.remove(),
        onsubmit: () => this.store("copy", { label: label.value, folder: home.input.value }),
      }),
    );
    label.focus();
  }

  private async takeTheirs(): Promise<void> {
    try {
      const state = (await this.desk.ask("take_theirs")) as unknown as State;
      this.below.replaceChildren();
      this.show(state);
    } catch (refusal) {
      this.say(sentenceOf(refusal));
    }
  }

  private async leave(discard: boolean): Promise<void> {
    try {
      const answer = (await this.desk.ask("leave", { discard })) as unknown as Answered;
      if (answer.asks !== true) {
        this.show({});
        this.onleave();
        return;
      }
      const { word } = this.desk;
      const stay = (): void => {
        this.below.replaceChildren();
        this.title.focus();
      };
      const asked = askOnce(word("leave_ask"), word("leave_save"), word("leave_stay"), () => void this.store("").then((kept) => (kept ? this.leave(false) : undefined)), stay);
      asked.lastElementChild?.append(element("span", { class: "pw-grow" }), button(word("leave_discard"), () => void this.leave(true)));
      this.below.replaceChildren(asked, drawChanges(answer.changes ?? [], word));
      asked.querySelector<HTMLButtonElement>(".pw-main")?.focus();
    } catch (refusal) {
      this.say(sentenceOf(refusal));
    }
  }
}
