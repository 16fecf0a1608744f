/**
 * The merge fields by kind, with what each one says of the person in sight: searched, clicked, or dragged into a text.
 *
 * Asks Python once (`open`) for the fields, the tabs and whose values are shown; reports each choice (`choose`). Hears
 * `offered` (other fields) and `person` (somebody else in sight). A field of the practice's own is made, changed and
 * removed in a form in the place of the list (`field_picker/form.ts`).
 */
import { fieldForm, type FieldForm, type Person } from "./field_picker/form";
import { element, hear, Questions, rootOf, sentenceOf, words, type Scene } from "./shared/widget";
import { button } from "./shared/controls";

interface Field {
  code: string;
  label: string;
  category: string;
  example: string;
  search: string;
  health: boolean;
  aliases: string[];
}

/** A tab: the categories under it; `kind` is the kind of the practice's own fields that are made there. */
interface Tab {
  name: string;
  label: string;
  categories: string[];
  kind: string;
}

/** What a text editor takes for a field when it is dropped, beside its plain text. */
export const FIELD_TYPE = "application/x-publipostage-field";

/** Compare words without accents, case or curly apostrophes. */
export const plain = (text: string): string =>
  text.normalize("NFD").replace(/\p{M}/gu, "").replace(/œ/gi, "oe").replace(/[’@]/g, (sign) => (sign === "’" ? "'" : "")).toLowerCase();

/** The fields that hold every word typed, in their code, label, category or texts; those whose code begins so come first. */
export function matching(fields: Field[], typed: string): Field[] {
  const wanted = plain(typed).split(/\s+/).filter(Boolean);
  const found = fields.filter((one) => {
    const text = plain(`${one.code} ${one.label} ${one.category} ${one.aliases.join(" ")} ${one.search}`);
    return wanted.every((word) => text.includes(word));
  });
  const first = wanted[0];
  if (first === undefined) return found;
  const rank = (one: Field): number => (plain(one.code).startsWith(first) ? 0 : plain(one.label).startsWith(first) ? 1 : 2);
  return found.map((one) => [rank(one), one] as const).sort(([left], [right]) => left - right).map(([, one]) => one);
}

let made = 0;

export default {
  render(scene: Scene): () => void {
    const { model } = scene;
    const word = words(model);
    const root = rootOf(scene, "field-picker");
    const silence = element("p", { class: "pw-alert pw-waits", role: "alert", hidden: true }, word("silent"));
    const questions = new Questions(model, (silent) => {
      silence.hidden = !silent;
    });
    const id = `pw-fields-${(made += 1)}-${Math.random().toString(36).slice(2, 8)}`;

    let fields: Field[] = [];
    let tabs: Tab[] = [];
    let person: Person = { name: "", columns: {}, familiar: false };
    let own = false;
    let current = "all";
    let form: FieldForm | null = null;
    /** The code that Tab leads to among those shown. */
    let roving = "";

    const title = element("h3", { class: "pw-fields-title" }, word("title"));
    const whose = element("p", { class: "pw-note pw-fields-whose" });
    const box = element("input", {
      type: "search", class: "pw-input pw-fields-search", placeholder: word("search"), "aria-label": word("search"),
      spellcheck: "false", autocomplete: "off",
    });
    const codes = element("input", { type: "checkbox" });
    const strip = element("div", { class: "pw-row pw-fields-tabs", role: "tablist", "aria-label": word("tabs") });
    const list = element("div", { class: "pw-fields-list", role: "tabpanel", id, tabindex: "-1" });
    const said = element("p", { class: "pw-visually-hidden", role: "status", "aria-live": "polite" });
    const told = element("p", { class: "pw-note pw-fields-told", role: "status", hidden: true });
    const browse = element("div", { class: "pw-fields-browse" }, box, strip, list);
    const place = element("div", { class: "pw-fields-form", hidden: true });
    root.append(
      silence,
      element("div", { class: "pw-row pw-fields-head" }, title, element("span", { class: "pw-grow" }), element("label", { class: "pw-note pw-fields-codes" }, codes, ` ${word("codes")}`)),
      told, browse, place, said,
    );

    const say = (sentence: string, bad = false): void => {
      told.textContent = bad && sentence ? `✕ ${sentence}` : sentence;
      told.className = bad ? "pw-alert pw-fields-told" : "pw-note pw-fields-told";
      told.hidden = sentence === "";
    };

    const shown = (): Field[] => {
      const tab = tabs.find((one) => one.name === current);
      const some = !tab || tab.categories.length === 0 ? fields : fields.filter((one) => tab.categories.includes(one.category));
      return matching(some, box.value);
    };

    const choose = (one: Field): void => {
      say("");
      void questions.ask("choose", { code: one.code }).then(
        () => {
          said.textContent = "";
          said.textContent = word("inserted", { label: one.label });
        },
        (refusal: unknown) => say(sentenceOf(refusal), true),
      );
    };

    const chip = (one: Field): HTMLElement => {
      const example = one.example || word("no_value");
      const row = element(
        "button",
        { type: "button", class: "pw-fields-one", "data-code": one.code, draggable: "true", tabindex: one.code === roving ? "0" : "-1", title: `@${one.code} · ${one.label}${one.health ? `\n${word("health_note")}` : ""}` },
        element(
          "span",
          { class: "pw-fields-name" },
          codes.checked && element("code", { class: "pw-fields-code" }, `@${one.code}`),
          codes.checked && " ",
          one.label,
          one.health && " ",
          one.health && element("span", { class: "pw-state pw-state-doubt pw-fields-health" }, `✚ ${word("health")}`),
        ),
        element("span", { class: one.example ? "pw-fields-example" : "pw-fields-example pw-fields-none" }, example),
      );
      row.addEventListener("click", () => choose(one));
      // A mouse that goes down must not take the caret away from the text.
      row.addEventListener("focus", () => rove(one.code));
      row.addEventListener("dragstart", (event) => {
        event.dataTransfer?.setData("text/plain", `@${one.code}`);
        event.dataTransfer?.setData(FIELD_TYPE, one.code);
        if (event.dataTransfer) event.dataTransfer.effectAllowed = "copy";
      });
      return row;
    };

    const rove = (code: string): void => {
      roving = code;
      for (const row of list.querySelectorAll<HTMLElement>(".pw-fields-one")) row.tabIndex = row.dataset["code"] === code ? 0 : -1;
    };

    /** Show the fields of the tab that hold the words typed, under their categories. */
    const draw = (): void => {
      const some = shown();
      const tab = tabs.find((one) => one.name === current);
      if (!some.some((one) => one.code === roving)) roving = some[0]?.code ?? "";
      const parts: HTMLElement[] = [];
      const ranked = box.value.trim() !== "";
      for (const category of ranked ? [""] : new Set(some.map((one) => one.category))) {
        const inside = ranked ? some : some.filter((one) => one.category === category);
        if (inside.length === 0) continue;
        const group = element("div", { class: "pw-fields-group", role: "group", "aria-label": category || word("title") });
        if (category && (!tab || tab.categories.length !== 1)) group.append(element("div", { class: "pw-fields-category", "aria-hidden": "true" }, category));
        for (const one of inside) {
          const kind = tabs.find((known) => known.kind && known.categories.includes(one.category))?.kind;
          if (!own || !kind) group.append(chip(one));
          else {
            const change = button(word("edit_word"), () => void openForm({ code: one.code }), {
              class: "pw-button pw-quiet pw-fields-edit", "aria-label": word("edit", { label: one.label }),
            });
            group.append(element("div", { class: "pw-fields-own" }, chip(one), change));
          }
        }
        parts.push(group);
      }
      if (some.length === 0) parts.push(element("p", { class: "pw-note" }, word(box.value.trim() || !tab?.kind ? "nothing" : "no_own")));
      if (own && tab?.kind) {
        parts.unshift(
          element("div", { class: "pw-fields-new" }, button(`+ ${word(`new_${tab.kind}`)}`, () => void openForm({ grid: tab.kind }), { class: "pw-button pw-quiet" }), element("p", { class: "pw-note" }, word(`${tab.kind}_note`))),
        );
      }
      list.replaceChildren(...parts);
      whose.textContent = person.name ? word("whose", { name: person.name }) : "";
      said.textContent = ranked ? word("found", { count: some.length }) : "";
    };

    const pick = (name: string, focus: boolean): void => {
      current = name;
      for (const one of strip.querySelectorAll<HTMLElement>("[role=tab]")) {
        const selected = one.dataset["name"] === name;
        one.setAttribute("aria-selected", String(selected));
        one.tabIndex = selected ? 0 : -1;
        if (selected) {
          list.setAttribute("aria-labelledby", one.id);
          if (focus) one.focus();
        }
      }
      list.scrollTop = 0;
      draw();
    };

    const drawTabs = (): void => {
      strip.replaceChildren(
        ...tabs.map((tab) =>
          element("button", {
            type: "button", class: "pw-chip", role: "tab", id: `${id}-${tabs.indexOf(tab)}`, "data-name": tab.name, "aria-controls": id,
            onclick: () => {
              box.value = "";
              pick(tab.name, true);
            },
          }, tab.label),
        ),
      );
    };

    const walk = (event: KeyboardEvent, all: HTMLElement[], at: number, back: string, on: string): HTMLElement | undefined => {
      const to: Record<string, number> = { [back]: at - 1, [on]: at + 1, Home: 0, End: all.length - 1 };
      const wanted = to[event.key];
      if (wanted === undefined) return undefined;
      event.preventDefault();
      return all[Math.min(Math.max(wanted, 0), all.length - 1)];
    };
    strip.addEventListener("keydown", (event) => {
      const all = [...strip.querySelectorAll<HTMLElement>("[role=tab]")];
      const to = walk(event, all, all.findIndex((one) => one.dataset["name"] === current), "ArrowLeft", "ArrowRight");
      if (!to) return;
      box.value = "";
      pick(to.dataset["name"] ?? "all", true);
    });
    list.addEventListener("keydown", (event) => {
      const all = [...list.querySelectorAll<HTMLElement>(".pw-fields-one")];
      const at = all.indexOf(event.target as HTMLElement);
      if (at < 0) return;
      if (event.key === "ArrowUp" && at === 0) {
        event.preventDefault();
        box.focus();
      } else walk(event, all, at, "ArrowUp", "ArrowDown")?.focus();
    });
    box.addEventListener("input", () => {
      // What is typed is looked for among all fields.
      if (box.value.trim() && current !== "all") pick("all", false);
      else draw();
    });
    box.addEventListener("keydown", (event) => {
      if (event.key === "ArrowDown") {
        event.preventDefault();
        list.querySelector<HTMLElement>(".pw-fields-one")?.focus();
      } else if (event.key === "Enter") {
        event.preventDefault();
        const first = box.value.trim() ? shown()[0] : undefined;
        if (first) choose(first);
      } else if (event.key === "Escape" && box.value) {
        event.preventDefault();
        box.value = "";
        draw();
      }
    });
    codes.addEventListener("change", draw);

    /** Put the form of a field in the place of the list; `done` comes back to it. */
    const openForm = async (which: { code?: string; grid?: string }): Promise<void> => {
      say("");
      const answer = await questions.ask("form", which).catch((refusal: unknown) => say(sentenceOf(refusal), true));
      if (!answer) return;
      const back = (sentence: string, code: string): void => {
        form = null;
        place.hidden = true;
        place.replaceChildren();
        browse.hidden = false;
        say(sentence);
        draw();
        (list.querySelector<HTMLElement>(`[data-code="${code}"]`) ?? box).focus();
      };
      form = fieldForm({
        shown: answer.message as never, person, word, questions,
        kept: (code, insert) => {
          if (insert) void questions.ask("choose", { code }).catch(() => undefined);
          back(word("kept", { code }), code);
        },
        removed: (code) => back(word("removed", { code }), ""),
        left: () => back("", which.code ?? ""),
      });
      browse.hidden = true;
      place.hidden = false;
      place.replaceChildren(form.box);
      form.box.querySelector<HTMLElement>("h4")?.focus();
    };

    const stop = hear(model, (message) => {
      if (message.kind === "offered") fields = message["fields"] as Field[];
      else if (message.kind === "person") {
        person = message["person"] as Person;
        form?.meet(person);
      } else return;
      draw();
    });
    root.querySelector(".pw-fields-head")?.after(whose);
    void questions.ask("open").then(
      ({ message }) => {
        fields = message["fields"] as Field[];
        tabs = message["tabs"] as Tab[];
        person = message["person"] as Person;
        own = message["own"] === true;
        drawTabs();
        pick("all", false);
      },
      (refusal: unknown) => say(sentenceOf(refusal), true),
    );
    return () => {
      stop();
      questions.close();
    };
  },
};
