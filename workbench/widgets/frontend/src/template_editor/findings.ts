/** What is to be looked at in an email type: on its fields, and as a list that leads there. */
import { element } from "../shared/widget";
import type { FindingShown } from "../shared/rich_text";

export interface Said extends FindingShown {
  zone: string;
  code: string;
  field: string;
  /** The line of the body it is about, as a number; empty where none is told. */
  line?: string;
}

/** The findings of one zone by the field they are about; of several about one field, the gravest. */
export function byField(all: readonly Said[], zone: string): Map<string, FindingShown> {
  const found = new Map<string, FindingShown>();
  for (const one of all) {
    if (one.zone !== zone || one.field === "") continue;
    if (!found.has(one.field) || one.severity === "error") found.set(one.field, one);
  }
  return found;
}

export class FindingList {
  readonly box = element("div", { class: "pw-editor-findings", hidden: true });
  private readonly count = element("p", { class: "pw-visually-hidden", role: "status", "aria-live": "polite" });
  private readonly list = element("ul", {});

  constructor(
    private readonly word: (name: string, values?: Record<string, string | number>) => string,
    private readonly go: (finding: Said) => void,
  ) {
    this.list.setAttribute("aria-label", word("findings"));
    this.box.append(this.list);
  }

  get status(): HTMLElement {
    return this.count;
  }

  show(all: readonly Said[]): void {
    this.box.hidden = all.length === 0;
    this.count.textContent = all.length > 0 ? this.word("to_look_at", { count: all.length }) : "";
    this.list.replaceChildren(...all.map((one) => {
      const grave = one.severity === "error";
      const zone = this.word(one.zone === "subject" ? "subject" : "body");
      return element("li", {}, element("button", { type: "button", class: `pw-editor-finding ${grave ? "pw-editor-grave" : "pw-editor-doubt"}`, onclick: () => this.go(one) },
        element("span", { "aria-hidden": "true" }, grave ? "✕" : "⚠"), element("span", { class: "pw-state-word" }, `${zone} · `), one.message));
    }));
  }
}
