/** The form of a field of the practice's own: a text for each kind of person, and what the one in sight would read. */
import { button, field } from "../shared/controls";
import { element, sentenceOf, type Questions } from "../shared/widget";

/** Whose values are shown, and which column of each kind of grid that person's text is taken from. */
export interface Person {
  name: string;
  columns: Record<string, string>;
  familiar: boolean;
}

interface Shown {
  code: string;
  known: boolean;
  grid: string;
  columns: [name: string, label: string][];
  texts: Record<string, string>;
  familiar: Record<string, string>;
  label: string;
  names: string;
}

interface Options {
  shown: Shown;
  person: Person;
  word: (name: string, values?: Record<string, string | number>) => string;
  questions: Questions;
  kept: (code: string, insert: boolean) => void;
  removed: (code: string) => void;
  left: () => void;
}

export interface FieldForm {
  box: HTMLElement;
  /** Somebody else is in sight, or becomes known: say what they would read. */
  meet: (person: Person) => void;
}

export function fieldForm({ shown, person, word, questions, kept, removed, left }: Options): FieldForm {
  const twofold = shown.grid === "correspondent";
  const texts = new Map<string, HTMLInputElement>();
  const familiar = new Map<string, HTMLInputElement>();
  const reads = element("p", { class: "pw-fields-reads", "aria-live": "polite" });
  const said = element("p", { class: "pw-alert", role: "alert", hidden: true });

  const tell = (): void => {
    const mine = person.columns[shown.grid] ?? "";
    reads.hidden = person.name === "";
    for (const row of rows) row.classList.toggle("pw-fields-mine", row.dataset["column"] === mine);
    if (mine === "") {
      reads.textContent = word("reads_nobody", { name: person.name });
      return;
    }
    const usual = texts.get(mine)?.value.trim() ?? "";
    const text = (person.familiar && familiar.get(mine)?.value.trim()) || usual;
    reads.textContent = text ? word("reads", { name: person.name, text }) : word("reads_nothing", { name: person.name });
  };
  const input = (into: Map<string, HTMLInputElement>, name: string, label: string, value: string): HTMLInputElement => {
    const made = element("input", { class: "pw-input", type: "text", "aria-label": label, autocomplete: "off" });
    made.value = value;
    made.addEventListener("input", tell);
    into.set(name, made);
    return made;
  };
  const rows = shown.columns.map(([name, label]) =>
    element(
      "tr",
      { "data-column": name },
      element("th", { scope: "row" }, label),
      element("td", {}, input(texts, name, twofold ? `${label}, ${word("plain")}` : label, shown.texts[name] ?? "")),
      twofold && element("td", {}, input(familiar, name, `${label}, ${word("familiar")}`, shown.familiar[name] ?? "")),
    ),
  );
  const heads = twofold ? [word("plain"), word("familiar")] : [word("text")];
  const table = element(
    "table",
    { class: "pw-fields-grid" },
    element("thead", {}, element("tr", {}, element("th", { scope: "col" }, word("for_whom")), ...heads.map((head) => element("th", { scope: "col" }, head)))),
    element("tbody", {}, ...rows),
  );
  const label = element("input", { class: "pw-input", type: "text", autocomplete: "off" });
  label.value = shown.label;
  const names = element("input", { class: "pw-input", type: "text", autocomplete: "off", placeholder: "NAISSANCE" });
  names.value = shown.names;

  const complain = (sentence: string): void => {
    said.textContent = sentence && `✕ ${sentence}`;
    said.hidden = sentence === "";
  };
  const values = (from: Map<string, HTMLInputElement>): Record<string, string> =>
    Object.fromEntries([...from].map(([name, box]) => [name, box.value]));
  const keep = async (insert: boolean): Promise<void> => {
    complain("");
    try {
      const { message } = await questions.ask("keep", {
        code: shown.known ? shown.code : "", grid: shown.grid, texts: values(texts), familiar: values(familiar), label: label.value, names: names.value,
      });
      kept(String(message["code"]), insert);
    } catch (refusal) {
      complain(sentenceOf(refusal));
      // The first text that lacks is where one goes on.
      ([...texts.values()].find((box) => box.value.trim() === "") ?? names).focus();
    }
  };

  const asked = element("div", { class: "pw-fields-asked", role: "group", hidden: true });
  const askRemoval = async (): Promise<void> => {
    complain("");
    const answer = await questions.ask("usage", { code: shown.code }).catch((refusal: unknown) => complain(sentenceOf(refusal)));
    if (!answer) return;
    const sentence = String(answer.message["sentence"]);
    asked.setAttribute("aria-label", sentence);
    const cancel = button(word("cancel"), () => {
      asked.hidden = true;
      remove.focus();
    });
    const now = button(word("remove_now"), () => {
      void questions.ask("remove", { code: shown.code }).then(() => removed(shown.code), (refusal: unknown) => complain(sentenceOf(refusal)));
    });
    asked.replaceChildren(element("p", { role: "status" }, sentence), element("div", { class: "pw-row" }, cancel, answer.message["used"] !== true && now));
    asked.hidden = false;
    cancel.focus();
  };
  const remove = button(word("remove"), () => void askRemoval(), { class: "pw-button pw-quiet" });

  tell();
  const title = shown.known ? word("edit", { label: `@${shown.code}` }) : word(`new_${shown.grid}_of`, { code: `@${shown.code}` });
  const form = element(
    "form",
    { class: "pw-fields-edited", "aria-label": title, novalidate: true },
    element("h4", { tabindex: "-1" }, title),
    element("p", { class: "pw-note" }, word(`${shown.grid}_note`)),
    table,
    reads,
    field(word("label"), label),
    field(word("names"), names),
    element("p", { class: "pw-note" }, word("names_hint")),
    said,
    asked,
    element(
      "div",
      { class: "pw-row pw-fields-foot" },
      button(word("cancel"), left),
      shown.known && remove,
      element("span", { class: "pw-grow" }),
      button(word("keep"), () => void keep(false)),
      button(word("keep_insert"), () => void keep(true), { class: "pw-button pw-main" }),
    ),
  );
  form.addEventListener("submit", (event) => event.preventDefault());
  form.addEventListener("keydown", (event) => {
    if (event.key === "Enter" && event.target instanceof HTMLInputElement) void keep(event.ctrlKey);
    else if (event.key === "Escape") left();
  });
  return {
    box: form,
    meet: (now) => {
      person = now;
      tell();
    },
  };
}
