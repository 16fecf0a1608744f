/**
 * The choice of an email type: a field that searches as one types, over a list grouped by folder.
 *
 * Asks Python once (`open`) for the email types, the accounts and what is chosen; reports each choice (`changed`).
 * Hears `said` (a sentence, bad or not), `chosen` (a choice made in another view of the same picker), `offered` (all of
 * `open` anew: there is something else to choose from) and `asked` (what
 * the email type asks once for everybody; each answer is reported as `answered`). Where a `new` one may be written, it asks
 * for the folder proposed, then for an email type of the name and folder that somebody gives. A choice that Python does not take,
 * or does not answer, is not shown as made.
 */
import { field } from "./shared/controls";
import { element, hear, Questions, rootOf, sentenceOf, words, type Scene } from "./shared/widget";

interface Template {
  path: string;
  folder: string;
  label: string;
  subject: string;
}

/** What an email type asks once for everybody; `answer` is what counts as long as nobody says otherwise. */
interface Question {
  code: string;
  label: string;
  type: string;
  answer: string;
}

/** Compare words without accents or case. */
export const plain = (text: string): string =>
  text.normalize("NFD").replace(/\p{M}/gu, "").replace(/œ/gi, "oe").toLowerCase();

/** The words of a text alone, each with a blank before it. */
const spelled = (text: string): string => ` ${plain(text).replace(/[^\p{L}\p{N}]+/gu, " ").trim()}`;

/**
 * The email types that hold every word typed, in their folder, label or subject. Those whose label begins with what is
 * typed come first, then those whose label holds it in one piece; a folder comes with the best of its own.
 */
export function matching(templates: Template[], typed: string): Template[] {
  const wanted = plain(typed).split(/\s+/).filter(Boolean);
  const run = spelled(typed);
  const rank = (one: Template): number => {
    const place = spelled(one.label).indexOf(run);
    return place === 0 ? 0 : place > 0 ? 1 : 2;
  };
  const found = templates.filter((one) => {
    const text = plain(`${one.folder} ${one.label} ${one.subject}`);
    return wanted.every((word) => text.includes(word));
  });
  const best = new Map<string, number>();
  for (const one of found) best.set(one.folder, Math.min(rank(one), best.get(one.folder) ?? 2));
  const folders = [...best.keys()];
  return found.sort(
    (one, other) =>
      best.get(one.folder)! - best.get(other.folder)! || folders.indexOf(one.folder) - folders.indexOf(other.folder) || rank(one) - rank(other),
  );
}

export default {
  render(scene: Scene): () => void {
    const { model } = scene;
    const word = words(model);
    const root = rootOf(scene, "template-picker");
    const silence = element("p", { class: "pw-alert pw-waits", role: "alert", hidden: true }, word("silent"));
    const questions = new Questions(model, (silent) => {
      silence.hidden = !silent;
      if (silent && choosing > 0) takeBack();
    });

    let templates: Template[] = [];
    let chosen = "";
    let account = "";
    /** What Python has taken last, and how many choices it has not answered yet. */
    let taken = { chosen: "", account: "" };
    let choosing = 0;
    /** Whether what Python has taken is shown in place of what was chosen. */
    let takenBack = false;
    let shown: Template[] = [];
    let active = -1;
    /** Whether Python has said once what there is to choose from. */
    let learned = false;
    /** What the open list was searched for. */
    let wanted = "";

    const list = element("div", { class: "pw-picker-list", role: "listbox", "aria-label": word("template"), hidden: true });
    const input = element("input", {
      type: "text",
      class: "pw-input pw-picker-input",
      role: "combobox",
      autocomplete: "off",
      spellcheck: "false",
      placeholder: word("placeholder"),
      "aria-expanded": "false",
      "aria-autocomplete": "list",
    });
    const found = element("p", { class: "pw-visually-hidden", "aria-live": "polite" });
    const subject = element("p", { class: "pw-note pw-picker-subject" });
    const said = element("p", { class: "pw-note", role: "status", "aria-live": "polite", hidden: true });
    const from = element("select", { class: "pw-input" });
    const picker = field(word("template"), element("div", { class: "pw-picker-box" }, input, list), input);
    const fromField = field(word("account"), from);
    const writeNew = element("button", { type: "button", class: "pw-button pw-quiet pw-picker-new", "aria-expanded": "false", hidden: true }, `+ ${word("new")}`);
    const newForm = element("form", { class: "pw-row pw-picker-form", "aria-label": word("new"), hidden: true });
    const id = `${input.id}-list`;
    list.id = id;
    input.setAttribute("aria-controls", id);
    fromField.hidden = true;
    const asked = element("div", { class: "pw-row pw-picker-asked", role: "group", "aria-label": word("asked"), hidden: true });
    root.append(silence, element("div", { class: "pw-row pw-picker-row" }, picker, fromField, subject, writeNew), newForm, asked, said, found);
    const inputs = new Map<string, HTMLInputElement | HTMLTextAreaElement>();

    const known = (path: string): Template | undefined => templates.find((one) => one.path === path);
    const say = (sentence: string, bad: boolean): void => {
      said.textContent = bad && sentence !== "" ? `✕ ${sentence}` : sentence;
      said.className = bad ? "pw-alert" : "pw-note";
      said.hidden = sentence === "";
    };
    const answer = async (code: string, value: string): Promise<void> => {
      const sentence = await questions.ask("answered", { code, value }).then(() => "", sentenceOf);
      if (sentence) say(sentence, true);
    };
    const control = (one: Question): HTMLInputElement | HTMLTextAreaElement => {
      const long = one.type === "long_text";
      const shown = long
        ? element("textarea", { class: "pw-input", rows: "3" })
        : element("input", { class: "pw-input", type: one.type === "day" ? "date" : "text", ...(one.type === "year" ? { inputmode: "numeric", size: "4" } : {}) });
      shown.dataset["code"] = one.code;
      shown.addEventListener("change", () => void answer(one.code, shown.value));
      return shown;
    };
    /** Show what is asked; what somebody is writing just now stays as he writes it. */
    const ask = (all: Question[]): void => {
      if ([...inputs.keys()].join() !== all.map((one) => one.code).join()) {
        inputs.clear();
        for (const one of all) inputs.set(one.code, control(one));
        const note = element("p", { class: "pw-note pw-picker-once", "aria-hidden": "true" }, word("asked"));
        asked.replaceChildren(note, ...all.map((one) => field(one.label, inputs.get(one.code)!)));
        asked.hidden = all.length === 0;
      }
      for (const one of all) {
        const shown = inputs.get(one.code)!;
        if (!shown.matches(":focus")) shown.value = one.answer;
      }
    };
    const tell = (): void => {
      const one = known(chosen);
      input.value = one?.label ?? "";
      input.title = one?.path ?? "";
      subject.textContent = one ? word("subject", { subject: one.subject }) : "";
      subject.title = one?.subject ?? "";
      from.value = account;
    };
    /** Show again what Python has taken. */
    const takeBack = (): void => {
      ({ chosen, account } = taken);
      takenBack = true;
      tell();
    };
    const report = async (): Promise<void> => {
      tell();
      const asking = { chosen, account };
      takenBack = false;
      choosing += 1;
      const answered = questions.ask("changed", asking);
      if (!silence.hidden) takeBack();
      const sentence = await answered.then(() => "", sentenceOf);
      choosing -= 1;
      if (sentence === "") {
        taken = asking;
        // An answer that came late, to a choice that was taken back.
        if (takenBack) takeBack();
        return;
      }
      if (choosing === 0) await learn();
      say(sentence, true);
    };
    /** Learn from Python what there is to choose from, and what is chosen. */
    const learn = (): Promise<void> => questions.ask("open").then(({ message }) => show(message), (refusal: unknown) => say(sentenceOf(refusal), true));

    const point = (number: number): void => {
      active = number;
      const options = [...list.querySelectorAll<HTMLElement>("[role=option]")];
      options.forEach((option, at) => option.classList.toggle("pw-picker-active", at === active));
      const option = options[active];
      if (option) input.setAttribute("aria-activedescendant", option.id);
      else input.removeAttribute("aria-activedescendant");
      option?.scrollIntoView({ block: "nearest" });
    };
    const option = (one: Template, number: number): HTMLElement => {
      const row = element(
        "div",
        { role: "option", id: `${id}-${number}`, class: "pw-picker-option", "aria-selected": String(one.path === chosen) },
        element("span", { class: "pw-picker-label" }, one.label),
        element("span", { class: "pw-note" }, one.subject),
      );
      // A mouse that goes down must not take the focus away from the field.
      row.addEventListener("mousedown", (event) => event.preventDefault());
      row.addEventListener("click", () => choose(one));
      return row;
    };
    const open = (typed: string): void => {
      wanted = typed;
      shown = matching(templates, typed);
      const groups: HTMLElement[] = [];
      for (const folder of new Set(shown.map((one) => one.folder))) {
        const name = folder || word("no_folder");
        const head = element("div", { class: "pw-picker-folder", "aria-hidden": "true" }, name);
        const rows = shown.map((one, number) => (one.folder === folder ? option(one, number) : null));
        groups.push(element("div", { role: "group", "aria-label": name }, head, ...rows));
      }
      const none = word(learned ? "nothing" : "waiting");
      list.replaceChildren(...(groups.length ? groups : [element("p", { class: "pw-note" }, none)]));
      list.hidden = false;
      input.setAttribute("aria-expanded", "true");
      found.textContent = groups.length ? word("found", { count: shown.length }) : none;
      point(typed ? (shown.length ? 0 : -1) : shown.findIndex((one) => one.path === chosen));
    };
    const close = (): void => {
      list.hidden = true;
      found.textContent = "";
      input.setAttribute("aria-expanded", "false");
      input.removeAttribute("aria-activedescendant");
    };
    const choose = (one: Template): void => {
      const other = one.path !== chosen;
      chosen = one.path;
      close();
      tell();
      if (other) void report();
    };

    const closeForm = (focus: HTMLElement | null): void => {
      newForm.hidden = true;
      newForm.replaceChildren();
      writeNew.setAttribute("aria-expanded", "false");
      focus?.focus();
    };
    /** Ask for the name of a new email type; it is written in the place of the one chosen. */
    const askName = async (): Promise<void> => {
      if (!newForm.hidden) return closeForm(writeNew);
      const proposed = await questions.ask("new").then(({ message }) => String(message["folder"] ?? ""), () => "");
      const folders = element("datalist", { id: `${id}-folders` }, ...[...new Set(templates.map((one) => one.folder))].filter(Boolean).map((folder) => element("option", { value: folder })));
      const name = element("input", { type: "text", class: "pw-input", maxlength: 120, required: true, autocomplete: "off" });
      const folder = element("input", { type: "text", class: "pw-input", list: folders.id, placeholder: word("no_folder"), autocomplete: "off", value: proposed });
      const trouble = element("p", { class: "pw-alert", role: "alert", hidden: true });
      const write = element("button", { type: "submit", class: "pw-button pw-main" }, word("new_write"));
      newForm.replaceChildren(
        field(word("new_name"), name), field(word("new_folder"), element("div", {}, folder, folders), folder),
        element("button", { type: "button", class: "pw-button", onclick: () => closeForm(writeNew) }, word("cancel")), write, trouble,
      );
      newForm.onsubmit = async (event) => {
        event.preventDefault();
        if (write.disabled) return;
        write.disabled = true;
        const refused = await questions.ask("new", { label: name.value, folder: folder.value }).then(() => "", sentenceOf);
        write.disabled = false;
        trouble.textContent = refused && `✕ ${refused}`;
        trouble.hidden = refused === "";
        // Whoever shows the text to be written may have taken the caret there already.
        if (refused === "") closeForm(newForm.contains(document.activeElement) ? input : null);
        else name.focus();
      };
      newForm.hidden = false;
      writeNew.setAttribute("aria-expanded", "true");
      name.focus();
    };
    writeNew.addEventListener("click", () => void askName());
    newForm.addEventListener("keydown", (event) => {
      if (event.key !== "Escape") return;
      event.stopPropagation();
      closeForm(writeNew);
    });
    input.addEventListener("focus", () => input.select());
    input.addEventListener("click", () => open(""));
    input.addEventListener("input", () => open(input.value));
    input.addEventListener("blur", () => {
      close();
      tell();
    });
    input.addEventListener("keydown", (event) => {
      const closed = list.hidden;
      if (event.key === "ArrowDown" || event.key === "ArrowUp") {
        event.preventDefault();
        if (closed) open("");
        else if (shown.length) point((active + (event.key === "ArrowDown" ? 1 : -1) + shown.length) % shown.length);
      } else if (event.key === "Enter" && !closed) {
        event.preventDefault();
        const one = shown[active];
        if (one) choose(one);
      } else if (event.key === "Escape" && !closed) {
        close();
        tell();
      }
    });
    from.addEventListener("change", () => {
      account = from.value;
      void report();
    });

    const stop = hear(model, (message) => {
      if (message.kind === "said") say(String(message["sentence"]), Boolean(message["bad"]));
      else if (message.kind === "asked") ask(message["questions"] as Question[]);
      else if (message.kind === "offered") show(message);
      else if (message.kind === "chosen" && message["view"] !== questions.view) {
        chosen = String(message["chosen"]);
        account = String(message["account"]);
        taken = { chosen, account };
        tell();
      }
    });
    const show = (message: Record<string, unknown>): void => {
      // A folder's email types stand together, whatever the order they come in.
      const order = new Intl.Collator(root.lang || undefined);
      templates = [...(message["templates"] as Template[])].sort(
        (one, other) => order.compare(one.folder, other.folder) || order.compare(one.label, other.label),
      );
      chosen = String(message["chosen"]);
      account = String(message["account"]);
      taken = { chosen, account };
      const accounts = message["accounts"] as [string, string][];
      from.replaceChildren(...accounts.map(([value, label]) => element("option", { value }, label)));
      fromField.hidden = accounts.length < 2;
      writeNew.hidden = message["new"] !== true;
      ask(message["questions"] as Question[]);
      say(String(message["sentence"]), Boolean(message["bad"]));
      learned = true;
      if (list.hidden) {
        tell();
        return;
      }
      // Somebody opened the list before the answer came: what was typed stays, and now finds.
      const typed = input.value;
      tell();
      if (wanted) input.value = typed;
      open(wanted);
    };
    void learn();
    return () => {
      stop();
      questions.close();
    };
  },
};
