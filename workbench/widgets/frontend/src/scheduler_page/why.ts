/** Why a job writes to a patient or not: the patient, and the conditions met and not met, on the screen only. */
import { button, field, fold } from "../shared/controls";
import { element } from "../shared/widget";
import type { Word } from "./kinds";

interface Explained {
  /** Whom the words find, where they find more than one. */
  people?: { patient: string; name: string; about: string }[];
  who?: string;
  told?: string;
  conditions?: { condition: string; met: boolean; detail: string }[];
}

export class Why {
  readonly element: HTMLElement;
  private readonly words = element("input", { type: "search", class: "pw-input", "data-key": "why", autocomplete: "off", spellcheck: "false" });
  private readonly answer = element("div", { role: "status", "aria-live": "polite" });
  private number = 0;

  constructor(
    private readonly word: Word,
    private readonly ask: (words: string) => Promise<Record<string, unknown> | null>,
  ) {
    this.words.addEventListener("keydown", (event) => {
      if (event.key !== "Enter") return;
      event.stopPropagation(); // which saves the job elsewhere
      event.preventDefault();
      void this.explain(this.words.value);
    });
    const parts = (): HTMLElement[] => [element("div", { class: "pw-row pw-job-why-asked" }, field(word("why_who"), this.words), button(word("why_ask"), () => void this.explain(this.words.value))), this.answer];
    this.element = fold(word("why"), "", false, () => undefined, parts);
  }

  /** Show nothing any more: the job is set otherwise since. */
  forget(): void {
    this.number += 1;
    this.answer.replaceChildren();
  }

  private async explain(words: string): Promise<void> {
    this.forget();
    const { number } = this;
    if (words.trim() === "") return this.words.focus();
    const answer = (await this.ask(words)) as Explained | null;
    if (answer !== null && number === this.number) this.show(answer);
  }

  private show({ people, who = "", told = "", conditions = [] }: Explained): void {
    if (people !== undefined) {
      const choices = people.map(({ patient, name, about }) => element("li", {}, button(`${name} · ${about}`, () => void this.explain(patient), { class: "pw-button pw-quiet" })));
      return this.answer.replaceChildren(element("p", { class: "pw-note" }, this.word("why_which")), element("ul", { class: "pw-job-plain" }, ...choices));
    }
    const rows = conditions.map(({ condition, met, detail }) =>
      element("tr", {}, element("td", {}, element("span", { class: `pw-state pw-state-${met ? "good" : "bad"}` }, `${met ? "✓" : "✕"} ${this.word(met ? "why_met" : "why_not_met")}`)), element("td", {}, condition), element("td", { class: "pw-note" }, detail)),
    );
    const head = element("thead", {}, element("tr", {}, ...["state", "why_condition", "why_detail"].map((one) => element("th", { scope: "col" }, this.word(one)))));
    this.answer.replaceChildren(element("p", {}, element("b", {}, who), ` – ${told}`), element("table", { class: "pw-job-table" }, head, element("tbody", {}, ...rows)));
  }
}
