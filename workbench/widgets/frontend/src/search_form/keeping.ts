/** Under the filters: save this search under a name, call the saved one otherwise, forget it. */
import { button, field } from "../shared/controls";
import { element, sentenceOf } from "../shared/widget";

export interface KeepingOptions {
  word: (name: string, values?: Record<string, string | number>) => string;
  /** The names there are. */
  taken: () => string[];
  /** The name of the saved search that is asked now, or nothing. */
  current: () => string;
  /** Have it done; gives the name as it is kept. */
  ask: (question: Record<string, unknown>) => Promise<string>;
}

type Step = "" | "save" | "replace" | "rename" | "forget";

/** What one name and another share: blanks made single, without accents and case. */
const folded = (name: string): string => name.normalize("NFD").replace(/\p{M}/gu, "").trim().replace(/\s+/g, " ").toLowerCase();

export class Keeping {
  readonly root = element("div", { class: "pw-field pw-form-whole pw-form-keep", hidden: true });
  private readonly said = element("p", { class: "pw-note", role: "status", "aria-live": "polite" });
  private step: Step = "";
  private typed = "";
  private sentence = "";
  private bad = false;

  constructor(private readonly options: KeepingOptions) {
    this.root.addEventListener("keydown", (event) => {
      if (event.key !== "Escape" || this.step === "") return;
      this.go("");
      event.stopPropagation();
    });
  }

  /** Show what can be done now; what was typed stays. */
  draw(): void {
    const { word, current } = this.options;
    const now = current();
    // What was begun for a saved search ends when another one is asked.
    if ((this.step === "rename" || this.step === "forget") && now === "") this.step = "";
    this.root.replaceChildren(...this.parts(now), this.said);
    this.said.textContent = this.bad && this.sentence ? `✕ ${this.sentence}` : this.sentence;
    this.said.className = this.bad && this.sentence ? "pw-alert" : "pw-note";
    this.said.hidden = this.sentence === "";
    if (this.step === "" && now === "") this.root.firstElementChild?.setAttribute("title", word("keep"));
  }

  focus(): void {
    (this.root.querySelector<HTMLElement>("input") ?? this.root.querySelector<HTMLElement>("button"))?.focus();
  }

  private parts(now: string): HTMLElement[] {
    const { word } = this.options;
    const quiet = { class: "pw-button pw-quiet" };
    const cancel = (): HTMLElement => button(word("cancel"), () => this.go(""), quiet);
    if (this.step === "save" || this.step === "rename") {
      const input = element("input", { type: "text", class: "pw-input", maxlength: 100, autocomplete: "off" });
      input.value = this.typed;
      const done = (): void => void (this.step === "rename" ? this.rename(now) : this.save());
      input.addEventListener("input", () => (this.typed = input.value));
      input.addEventListener("keydown", (event) => {
        if (event.key !== "Enter") return;
        event.preventDefault();
        done();
      });
      const label = this.step === "rename" ? word("rename_to", { name: now }) : word("keep_as");
      return [field(label, input), element("div", { class: "pw-row" }, button(word(this.step === "rename" ? "rename" : "keep_now"), done), cancel())];
    }
    if (this.step === "replace" || this.step === "forget") {
      const forgets = this.step === "forget";
      const name = forgets ? now : this.typed.trim();
      const sure = button(word(forgets ? "forget_now" : "replace_now"), () => void (forgets ? this.forget(now) : this.save(true)));
      return [element("p", { class: "pw-form-sure" }, word(forgets ? "forget_sure" : "replace", { name })), element("div", { class: "pw-row" }, sure, cancel())];
    }
    if (now !== "") {
      const begin = (step: Step) => () => {
        this.typed = now;
        this.go(step);
      };
      return [element("div", { class: "pw-row" }, button(word("rename"), begin("rename"), quiet), button(word("forget"), begin("forget"), quiet))];
    }
    return [element("div", { class: "pw-row" }, button(word("keep"), () => this.go("save"), quiet))];
  }

  private go(step: Step, sentence = "", bad = false): void {
    this.step = step;
    this.sentence = sentence;
    this.bad = bad;
    this.draw();
    this.focus();
  }

  private async save(sure = false): Promise<void> {
    const name = this.typed.trim();
    if (!sure && this.options.taken().some((one) => folded(one) === folded(name))) return this.go("replace");
    await this.have({ what: "save", name }, "save", "kept");
  }

  private async rename(now: string): Promise<void> {
    await this.have({ what: "rename", name: now, new: this.typed.trim() }, "rename", "kept");
  }

  private async forget(now: string): Promise<void> {
    await this.have({ what: "forget", name: now }, "", "forgotten");
  }

  private async have(question: Record<string, unknown>, back: Step, said: string): Promise<void> {
    try {
      const name = await this.options.ask(question);
      this.typed = "";
      this.go("", this.options.word(said, { name }));
    } catch (refusal) {
      this.go(back, sentenceOf(refusal), true);
    }
  }
}
