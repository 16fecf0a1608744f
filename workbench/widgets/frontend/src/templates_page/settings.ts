/**
 * The settings of an email type as a form. What somebody changed and did not save stays with the email type until it is
 * saved or given up, whatever is looked at meanwhile. A save is sealed with the revision that was read.
 */
import { button, field, pickList, type Choice } from "../shared/controls";
import { element } from "../shared/widget";
import { askOnce, sentenceOf, textInput, tried, type Desk } from "./desk";
import { sendFile } from "./importing";

interface Setting {
  name: string;
  label: string;
  kind: "choice" | "text" | "many" | "files" | "tick";
  value: string | boolean | string[];
  choices?: Choice[];
  note?: string;
}

interface Group {
  title: string;
  note: string;
  fields: Setting[];
}

type Values = Record<string, Setting["value"]>;

/** What was changed and not saved, by path. */
export type Unsaved = Map<string, { over: number; values: Values; reason: string }>;

const same = (one: unknown, other: unknown): boolean => JSON.stringify(one) === JSON.stringify(other);

export async function drawSettings(desk: Desk, path: string, panel: HTMLElement, unsaved: Unsaved): Promise<void> {
  const { word } = desk;
  const { groups, revision } = (await desk.ask("settings", { path })) as { groups: Group[]; revision: number };
  const all = groups.flatMap((group) => group.fields);
  const before: Values = Object.fromEntries(all.map((one) => [one.name, one.value]));
  const kept = unsaved.get(path);
  const values: Values = { ...before, ...kept?.values };
  const over = kept?.over ?? revision;
  const reason = textInput(kept?.reason ?? "");
  const trouble = element("div", { role: "alert" });
  const count = element("span", { class: "pw-note", role: "status", "aria-live": "polite" });
  const save = element("button", { type: "submit", class: "pw-button pw-main" }, word("save"));
  const undo = button(word("undo"), () => {
    unsaved.delete(path);
    tried(desk, drawSettings(desk, path, panel, unsaved));
  });

  const changes = (): Values => Object.fromEntries(Object.entries(values).filter(([name, value]) => !same(value, before[name])));
  const tell = (): void => {
    const changed = changes();
    const many = Object.keys(changed).length;
    if (many > 0) unsaved.set(path, { over, values: changed, reason: reason.value });
    else unsaved.delete(path);
    save.disabled = undo.disabled = many === 0;
    count.textContent = word(many > 0 ? "changed_settings" : "unchanged", { count: many });
  };
  const set = (name: string, value: Setting["value"]): void => {
    values[name] = value;
    tell();
  };

  const control = (one: Setting): HTMLElement => {
    const value = values[one.name];
    const note = one.note ? element("p", { class: "pw-note pw-setting-note" }, one.note) : null;
    if (one.kind === "many") {
      const say = { all: word("nobody_ticked"), some: (first: string, more: number) => word("more_ticked", { first, count: more }) };
      return pickList(one.label, one.choices ?? [], value as string[], say, (chosen) => set(one.name, chosen));
    }
    if (one.kind === "files") return filesField(desk, one, value as string[], (names) => set(one.name, names));
    if (one.kind === "tick") {
      const box = element("input", { type: "checkbox" });
      box.checked = value as boolean;
      box.addEventListener("change", () => set(one.name, box.checked));
      return element("div", { class: "pw-field pw-setting-tick" }, element("label", { class: "pw-pick-one" }, box, one.label), note);
    }
    const shown = one.kind === "choice"
      ? element("select", { class: "pw-input" }, ...(one.choices ?? []).map(([known, label]) => element("option", { value: known }, label)))
      : textInput();
    shown.value = value as string;
    shown.dataset["setting"] = one.name;
    shown.addEventListener("input", () => set(one.name, shown.value));
    const whole = field(one.label, shown);
    if (note) whole.append(note);
    return whole;
  };

  const store = async (): Promise<void> => {
    trouble.replaceChildren();
    save.disabled = true;
    const settings = changes();
    try {
      const written = await desk.write("change", { path, over, settings, reason: reason.value });
      if (written.kept) {
        unsaved.delete(path);
        return;
      }
      trouble.append(
        element("p", { class: "pw-alert" }, `✕ ${written.overtaken}`),
        button(word("read_again"), () => {
          // What somebody changed here is put on top of what somebody else saved.
          unsaved.set(path, { over: 0, values: settings, reason: reason.value });
          void readAgain();
        }),
      );
    } catch (refusal) {
      trouble.append(element("p", { class: "pw-alert" }, `✕ ${sentenceOf(refusal)}`));
    }
    tell();
  };
  const readAgain = async (): Promise<void> => {
    const now = (await desk.ask("settings", { path })) as { revision: number };
    const mine = unsaved.get(path);
    if (mine) unsaved.set(path, { ...mine, over: now.revision });
    await drawSettings(desk, path, panel, unsaved);
  };

  reason.addEventListener("input", tell);
  const form = element(
    "form",
    { class: "pw-settings", "aria-label": word("settings") },
    ...groups.map((group) =>
      element(
        "fieldset",
        { class: "pw-card" },
        element("legend", {}, group.title),
        group.note ? element("p", { class: "pw-note" }, group.note) : null,
        element("div", { class: "pw-setting-grid" }, ...group.fields.map(control)),
      ),
    ),
    trouble,
    element("div", { class: "pw-row pw-form-foot pw-settings-foot" }, undo, count, element("span", { class: "pw-grow" }), field(word("reason"), reason), save),
  );
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    if (save.disabled) return;
    if (changes()["health"] !== true) {
      void store();
      return;
    }
    const asked = askOnce(word("health_ask"), word("health_yes"), word("cancel"), () => void store(), () => trouble.replaceChildren());
    trouble.replaceChildren(asked);
    asked.querySelector<HTMLButtonElement>("button")?.focus();
  });
  panel.replaceChildren(form);
  tell();
}

/** What a file is called: those of the email type come by name alone, those just brought by where they wait and their name. */
const nameOf = (kept: string): string => kept.split("/").at(-1) ?? kept;

function filesField(desk: Desk, one: Setting, names: string[], onchange: (names: string[]) => void): HTMLElement {
  const { word } = desk;
  const list = element("ul", { class: "pw-files" });
  const chooser = element("input", { type: "file", multiple: true, hidden: true, "aria-label": word("add_file") });
  const trouble = element("p", { class: "pw-alert", role: "alert", hidden: true });
  const draw = (): void => {
    list.replaceChildren(
      ...(names.length === 0 ? [element("li", { class: "pw-note" }, word("no_file"))] : []),
      ...names.map((kept) =>
        element("li", {}, element("span", { class: "pw-rows-name" }, nameOf(kept)), button(word("remove"), () => {
          names = names.filter((other) => other !== kept);
          draw();
          onchange(names);
        }, { "aria-label": word("remove_file", { file: nameOf(kept) }) })),
      ),
    );
  };
  chooser.addEventListener("change", () => {
    const files = [...(chooser.files ?? [])];
    chooser.value = "";
    trouble.hidden = true;
    void (async () => {
      for (const file of files) {
        const { kept } = (await sendFile(desk, file, true)) as { kept: string };
        names = [...names.filter((other) => nameOf(other) !== nameOf(kept)), kept];
        draw();
        onchange(names);
      }
    })().catch((refusal: unknown) => {
      trouble.textContent = `✕ ${sentenceOf(refusal)}`;
      trouble.hidden = false;
    });
  });
  draw();
  return element(
    "div",
    { class: "pw-field pw-setting-files", role: "group", "aria-label": one.label },
    element("span", { class: "pw-label" }, one.label),
    list,
    trouble,
    chooser,
    button(word("add_file"), () => chooser.click()),
  );
}
