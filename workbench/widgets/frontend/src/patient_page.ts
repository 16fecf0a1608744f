/**
 * One patient: who it is, the file to complete, what was sent.
 *
 * Asks Python to `open` who is shown, to `find` and `choose` somebody, to `turn` to another part; the file is changed by
 * `correct` and `opt_out`, and the `history` read as `message` and `source`, `print`ed, `delete`d, `restore`d, sent once
 * more (`resend`). What was being written and is not sent is told as "unsent", to be taken up again or given up. Each gesture names the patient it means: one that comes late changes nobody else's file. What is
 * written stands in widgets of its own below.
 */
import { button } from "./shared/controls";
import { download } from "./shared/files";
import { findBox, type Found } from "./shared/find_people";
import { Reading, type Message, type Source } from "./shared/message";
import { element, hear, questionsWithAlert, rootOf, sentenceOf, words, type Scene } from "./shared/widget";

type State = [kind: string, sign: string, words: string];

interface Field {
  column: string;
  label: string;
  value: string;
}

interface Patient {
  number: string;
  name: string;
  facts: string[];
  marks: State[];
  address: { email: string; state: State | null };
  objects: boolean;
  groups: { key: string; title: string; fields: Field[] }[];
  languages: [string, string][];
}

interface Row {
  id: number;
  at: string;
  subject: string;
  whom: string;
  state: State;
  reason?: string;
  repeatable?: boolean;
  deleted: string;
}

const TABS = ["file", "write", "sent"] as const;
type Tab = (typeof TABS)[number];
const WIDE = new Set(["address_line_1", "address_line_2", "email"]);
const SUBJECTS_AT_ONCE = 20;

const chip = ([kind, sign, told]: State): HTMLElement => element("span", { class: `pw-state pw-state-${kind}` }, `${sign} ${told}`);

export default {
  render(scene: Scene): () => void {
    const { model } = scene;
    const word = words(model);
    const root = rootOf(scene, "patient");
    root.setAttribute("aria-label", word("title"));
    const id = `pw-patient-${Math.random().toString(36).slice(2, 8)}`;
    const { alert, say, questions } = questionsWithAlert(model, word);
    let patient: Patient | null = null;
    let tab: Tab = "sent";
    let rows: Row[] = [];
    let open = 0;
    let asked = 0;

    const finder = findBox({
      label: word("find"),
      placeholder: word("find"),
      list: word("found"),
      none: word("none_found"),
      find: async (typed) => (await questions.ask("find", { words: typed })).message["rows"] as Found[],
      onchoose: (one) => void tell("choose", { patient: one.patient }),
      ontrouble: say,
    });
    const title = element("h2", { tabindex: "-1" });
    const facts = element("div", { class: "pw-patient-facts" });
    const marks = element("div", { class: "pw-patient-marks" });
    const favourites = element("div", { class: "pw-row pw-patient-favourites", role: "group", "aria-label": word("favourites"), hidden: true });
    const nobody = element("p", { class: "pw-note" }, word("nobody"));
    const live = element("p", { class: "pw-note", role: "status" });
    const unsent = element("div", { class: "pw-patient-unsent", role: "status", hidden: true });
    let unsentWords = "";
    const tabs = element("div", { class: "pw-patient-tabs", role: "tablist", "aria-label": word("tabs"), hidden: true });
    const panel = element("div", { id, role: "tabpanel", tabindex: "-1" });
    const buttons = TABS.map((name) =>
      element(
        "button",
        { type: "button", class: "pw-patient-tab", role: "tab", id: `${id}-${name}`, "aria-controls": id, "data-tab": name, onclick: () => turn(name) },
        word(name),
      ),
    );
    tabs.append(...buttons);
    tabs.addEventListener("keydown", (event) => {
      const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
      if (step === undefined) return;
      event.preventDefault();
      const next = TABS[(TABS.indexOf(tab) + step + TABS.length) % TABS.length] as Tab;
      turn(next);
      buttons[TABS.indexOf(next)]?.focus();
    });
    root.append(
      alert,
      element("div", { class: "pw-patient-top" }, element("div", { class: "pw-patient-who" }, title, facts, marks, favourites, nobody), finder.whole),
      unsent,
      tabs,
      live,
      panel,
    );

    /** Say something to Python; what it refuses is shown. */
    const tell = async (kind: string, about: Record<string, unknown> = {}): Promise<Record<string, unknown> | null> => {
      try {
        const { message } = await questions.ask(kind, { patient: patient?.number ?? "", ...about });
        say("");
        return message;
      } catch (refusal) {
        say(sentenceOf(refusal));
        return null;
      }
    };

    /** Tell of a message that was begun and is not sent; where it is in sight, nothing needs telling. */
    const drawUnsent = (): void => {
      const told = patient !== null && tab !== "write" ? unsentWords : "";
      const held = unsent.contains(document.activeElement);
      unsent.hidden = told === "";
      unsent.replaceChildren(
        ...(told === ""
          ? []
          : [
              element("span", { class: "pw-grow" }, told),
              button(word("resume"), () => void tell("unsent", { resume: true }), { "data-act": "resume" }),
              button(word("give_up"), () => void tell("unsent", { resume: false }), { class: "pw-button pw-quiet", "data-act": "give-up" }),
            ]),
      );
      if (held && told === "") buttons[TABS.indexOf(tab)]?.focus();
    };

    const drawHead = (): void => {
      title.textContent = patient?.name ?? "";
      facts.replaceChildren(...(patient?.facts ?? []).map((fact) => element("span", {}, fact)));
      nobody.hidden = patient !== null;
      favourites.hidden = patient === null || favourites.childElementCount === 0;
      tabs.hidden = patient === null;
      marks.replaceChildren();
      if (!patient) return;
      const { address, objects } = patient;
      if (address.email) marks.append(element("span", {}, address.email));
      if (address.state) marks.append(chip(address.state));
      marks.append(...patient.marks.map(chip));
      marks.append(
        button(word(objects ? "allow" : "stop"), () => void optOut(!objects), { class: "pw-button pw-quiet", "data-act": "opt-out" }),
      );
    };

    const optOut = async (out: boolean): Promise<void> => {
      const answer = await tell("opt_out", { out });
      if (!answer) return;
      patient = answer["patient"] as Patient;
      drawHead();
      marks.querySelector<HTMLElement>("[data-act=opt-out]")?.focus();
    };

    // --- the file -------------------------------------------------------------------------------------------

    const drawFile = (shown: Patient): HTMLElement => {
      const control = (person: string, one: Field): HTMLElement => {
        const name = `${id}-${person}-${one.column}`;
        const input =
          one.column === "language" && shown.languages.length > 0
            ? element(
                "select",
                { class: "pw-input", id: name },
                ...[["", "–"] as [string, string], ...shown.languages].map(([value, label]) => element("option", { value }, label)),
              )
            : element("input", {
                class: "pw-input", id: name, type: one.column === "email" ? "email" : one.column === "phone" || one.column === "mobile" ? "tel" : "text",
                autocomplete: "off", spellcheck: "false",
              });
        input.value = one.value;
        input.dataset["column"] = one.column;
        input.addEventListener("change", () => void correct(person, one, input));
        return element("div", { class: WIDE.has(one.column) ? "pw-patient-wide" : "" }, element("label", { class: "pw-label", for: name }, one.label), input);
      };
      return element(
        "div",
        { class: "pw-patient-groups" },
        ...shown.groups.map((group) =>
          element(
            "section",
            { class: "pw-patient-group", "data-person": group.key, "aria-label": group.title },
            element("h3", {}, group.title),
            element("div", { class: "pw-patient-fields" }, ...group.fields.map((one) => control(group.key, one))),
          ),
        ),
      );
    };

    const correct = async (person: string, one: Field, input: HTMLInputElement | HTMLSelectElement): Promise<void> => {
      live.textContent = "";
      const answer = await tell("correct", { person, column: one.column, value: input.value });
      // What cannot be kept stays as it was typed, to be put right; the sentence says why.
      input.setAttribute("aria-invalid", String(answer === null));
      if (!answer) return;
      one.value = input.value;
      patient = answer["patient"] as Patient;
      drawHead();
      live.textContent = word("saved");
    };

    // --- what was sent --------------------------------------------------------------------------------------

    const deleted = element("input", { type: "checkbox" });
    deleted.addEventListener("change", () => void readHistory());
    const counter = element("strong", {});
    const list = element("ul", { class: "pw-patient-list", "aria-label": word("history") });
    const none = element("p", { class: "pw-note", hidden: true }, word("nothing_sent"));
    const reading = new Reading(word);
    const acts = element("div", { class: "pw-row pw-patient-acts" });
    const why = element("div", { class: "pw-patient-why", hidden: true });
    const proof = element("p", { class: "pw-note" });
    const letter = element("div", {}, acts, why, element("div", { class: "pw-row" }, reading.tabs), reading.panel, proof);
    const history = element(
      "div",
      { class: "pw-patient-sides" },
      element("div", {}, element("div", { class: "pw-row" }, counter, element("span", { class: "pw-grow" }), element("label", { class: "pw-row" }, deleted, word("deleted_too"))), none, list),
      letter,
    );

    const drawRows = (): void => {
      const focused = (document.activeElement as HTMLElement | null)?.dataset["id"];
      none.hidden = rows.length > 0;
      list.replaceChildren(
        ...rows.map((row) => {
          const content = [
            element("div", { class: "pw-patient-line" }, element("span", { class: "pw-patient-subject" }, row.subject), chip(row.state)),
            element("div", { class: "pw-patient-line pw-note" }, element("span", {}, row.whom), element("span", {}, row.at)),
            row.reason ? element("div", { class: "pw-note" }, row.reason) : null,
            row.deleted ? element("div", { class: "pw-note" }, row.deleted) : null,
          ];
          const one = row.id
            ? element("button", { type: "button", class: "pw-patient-one", "data-id": String(row.id), "aria-current": String(row.id === open), onclick: () => void read(row) }, ...content)
            : element("div", { class: "pw-patient-one" }, ...content);
          one.classList.toggle("pw-patient-gone", row.deleted !== "");
          return element("li", {}, one);
        }),
      );
      if (focused !== undefined) list.querySelector<HTMLElement>(`[data-id="${CSS.escape(focused)}"]`)?.focus();
    };

    const readHistory = async (): Promise<void> => {
      if (!patient) return;
      const mine = (asked += 1);
      const answer = await tell("history", { deleted: deleted.checked });
      if (!answer || mine !== asked) return;
      rows = answer["rows"] as Row[];
      counter.textContent = String(answer["count"]);
      if (!rows.some((row) => row.id === open)) closeLetter();
      drawRows();
      // A subject is told once its message was built again: the list does not wait for it.
      const numbers = rows.map((row) => row.id).filter((number) => number > 0);
      for (let start = 0; start < Math.min(numbers.length, 3 * SUBJECTS_AT_ONCE); start += SUBJECTS_AT_ONCE) {
        const told = await tell("subjects", { ids: numbers.slice(start, start + SUBJECTS_AT_ONCE) });
        if (!told || mine !== asked) return;
        const subjects = told["subjects"] as Record<string, string>;
        for (const row of rows) row.subject = subjects[String(row.id)] ?? row.subject;
        drawRows();
      }
    };

    const closeLetter = (): void => {
      open = 0;
      acts.replaceChildren();
      why.hidden = true;
      proof.textContent = "";
      reading.tabs.hidden = true;
      reading.say(word("choose_sent"));
    };

    const read = async (row: Row): Promise<void> => {
      open = row.id;
      drawRows();
      why.hidden = true;
      drawActs(row);
      const answer = await tell("message", { id: row.id });
      if (!answer || open !== row.id) return;
      const message = answer["message"] as Message | undefined;
      reading.tabs.hidden = !message;
      proof.textContent = String(answer["proof"] ?? "");
      if (message) reading.show(message, async () => (await questions.ask("source", { id: row.id })).message as unknown as Source);
      else reading.say(String(answer["broken"] ?? ""));
    };

    const drawActs = (row: Row): void => {
      const print = async (): Promise<void> => {
        try {
          const { message, buffers } = await questions.ask("print", { id: row.id });
          const bytes = buffers[0];
          if (bytes) download(String(message["name"]), bytes as unknown as BlobPart, "application/pdf");
          say("");
        } catch (refusal) {
          say(sentenceOf(refusal));
        }
      };
      acts.replaceChildren(
        ...(row.repeatable ? [button(word("resend"), () => void tell("resend", { id: row.id }))] : []),
        button(word("print"), () => void print()),
        row.deleted ? button(word("restore"), () => void restore(row)) : button(word("delete"), () => askWhy(row)),
      );
    };

    const askWhy = (row: Row): void => {
      const reason = element("input", { class: "pw-input", id: `${id}-why`, type: "text", autocomplete: "off" });
      const away = async (): Promise<void> => {
        if ((await tell("delete", { id: row.id, reason: reason.value })) === null) return;
        closeLetter();
        await readHistory();
      };
      reason.addEventListener("keydown", (event) => {
        if (event.key === "Enter") void away();
        if (event.key === "Escape") why.hidden = true;
      });
      why.replaceChildren(
        element("label", { class: "pw-label", for: reason.id }, word("why_delete")),
        element("div", { class: "pw-row" }, reason, button(word("back"), () => (why.hidden = true)), button(word("delete_now"), () => void away(), { class: "pw-button pw-main" })),
      );
      why.hidden = false;
      reason.focus();
    };

    const restore = async (row: Row): Promise<void> => {
      if ((await tell("restore", { id: row.id })) === null) return;
      await readHistory();
      const again = rows.find((one) => one.id === row.id);
      if (again) drawActs(again);
    };

    // --- which part is shown --------------------------------------------------------------------------------

    const draw = (): void => {
      drawHead();
      buttons.forEach((one, at) => {
        const chosen = TABS[at] === tab;
        one.setAttribute("aria-selected", String(chosen));
        one.tabIndex = chosen ? 0 : -1;
        if (chosen) panel.setAttribute("aria-labelledby", one.id);
      });
      live.textContent = "";
      drawUnsent();
      if (!patient || tab === "write") panel.replaceChildren();
      else if (tab === "file") panel.replaceChildren(drawFile(patient));
      else {
        panel.replaceChildren(history);
        void readHistory();
      }
    };

    function turn(next: Tab): void {
      tab = next;
      draw();
      void tell("tab", { tab });
    }

    /** Offer the email types that are sent most to one patient, and a free text. */
    const offer = async (): Promise<void> => {
      const answer = await tell("favourites");
      if (!answer || !patient) return;
      const types = answer["types"] as [string, string][];
      const press = ([template, label]: [string, string]): HTMLElement =>
        element("button", { type: "button", class: "pw-chip", "data-template": template, onclick: () => void tell("begin", { template }) }, label);
      favourites.replaceChildren(element("span", { class: "pw-note", "aria-hidden": "true" }, word("favourites")), ...types.map(press), press(["", word("free")]));
      favourites.hidden = false;
    };

    /** Whether nobody is typing anywhere: the next name, a text, a cell. */
    const mayFocus = (): boolean => {
      const at = document.activeElement;
      if (!at || at === document.body) return true;
      if (!at.closest(".pw") || at.matches("textarea, select, [contenteditable=true]")) return false;
      return !(at instanceof HTMLInputElement && at.value !== "");
    };

    /** Focus what may not be in sight yet: the desk shows the page a moment after it has said what is on it. */
    const focusSoon = (aim: HTMLElement, tries = 30): void => {
      if (!mayFocus()) return;
      aim.focus({ preventScroll: true });
      if (document.activeElement !== aim && tries > 0) requestAnimationFrame(() => focusSoon(aim, tries - 1));
    };

    const learn = async (): Promise<void> => {
      const answer = await tell("open");
      if (!answer) return;
      const other = (answer["patient"] as Patient | null)?.number !== patient?.number;
      patient = answer["patient"] as Patient | null;
      tab = answer["tab"] as Tab;
      unsentWords = String(answer["unsent"] ?? "");
      finder.whole.hidden = answer["finds"] !== true;
      if (other) {
        rows = [];
        drawRows();
        counter.textContent = "";
        closeLetter();
      }
      draw();
      if (patient) focusSoon(title);
      if (patient && other) void offer();
      if (!patient && mayFocus()) finder.input.focus({ preventScroll: true });
    };

    const stop = hear(model, (message) => {
      if (message.kind === "opened") void learn();
      else if (message.kind === "sent") {
        if (tab === "sent") void readHistory();
      } else if (message.kind === "unsent") {
        unsentWords = String(message["unsent"]);
        drawUnsent();
      } else if (message.kind === "turned") {
        tab = message["tab"] as Tab;
        draw();
      }
    });
    closeLetter();
    void learn();
    return () => {
      stop();
      finder.close();
      questions.close();
    };
  },
};
