/** The small forms of the library: a new email type, a copy, another language, another name, another folder. */
import { field } from "../shared/controls";
import { element } from "../shared/widget";
import { folderField, smallForm, textInput, type Desk, type Row } from "./desk";

/**
 * Puts a form where it is seen, with the focus in its first field, and returns what takes this one away, leading to what
 * was `made`. A form that stands in its place by then stays.
 */
export type Show = (form: HTMLElement) => (made?: boolean) => void;

export async function beginForm(desk: Desk, show: Show, folder: string): Promise<void> {
  const { word } = desk;
  const { starters } = (await desk.ask("starters")) as { starters: { path: string; subject: string }[] };
  const group = (label: string, kind: string, paths: string[]) =>
    element("optgroup", { label }, ...paths.map((path) => element("option", { value: `${kind}:${path}` }, path)));
  const from = element(
    "select",
    { class: "pw-input" },
    element("option", { value: "" }, word("empty_text")),
    group(word("own"), "own", desk.rows.map((row) => row.path)),
    group(word("starters"), "like", starters.map((one) => one.path)),
  );
  const label = textInput("", { required: true, maxlength: 120 });
  const home = folderField(desk, folder);
  const close = show(
    smallForm({
      title: word("new_title"),
      fields: [field(word("label"), label), home.whole, field(word("begin_from"), from)],
      submit: word("create"),
      cancel: word("cancel"),
      onclose: () => close(),
      onsubmit: async () => {
        const [kind = "", path = ""] = split(from.value);
        const named = { label: label.value, folder: home.input.value };
        if (kind === "own") await desk.write("duplicate", { path, ...named });
        else await desk.write("begin", { like: path, ...named });
        close(true);
      },
    }),
  );
}

export function duplicateForm(desk: Desk, show: Show, row: Row): void {
  const { word } = desk;
  const label = textInput(word("copy_of", { label: row.label }), { required: true, maxlength: 120 });
  const home = folderField(desk, row.folder);
  const close = show(
    smallForm({
      title: word("duplicate_title", { path: row.path }),
      fields: [field(word("label"), label), home.whole],
      submit: word("create"),
      cancel: word("cancel"),
      onclose: () => close(),
      onsubmit: async () => {
        await desk.write("duplicate", { path: row.path, label: label.value, folder: home.input.value });
        close(true);
      },
    }),
  );
}

export function translateForm(desk: Desk, show: Show, row: Row, spoken: string[]): void {
  const { word } = desk;
  const left = desk.languages.filter(([language]) => !spoken.includes(language));
  const language = element("select", { class: "pw-input" }, ...left.map(([value, called]) => element("option", { value }, called)));
  const label = textInput("", { required: true, maxlength: 120 });
  const close = show(
    smallForm({
      title: word("translate_title", { path: row.path }),
      fields: [field(word("language"), language), field(word("label"), label)],
      submit: word("create"),
      cancel: word("cancel"),
      onclose: () => close(),
      onsubmit: async () => {
        await desk.write("translate", { path: row.path, language: language.value, label: label.value });
        close(true);
      },
    }),
  );
}

export function renameForm(desk: Desk, show: Show, row: Row): void {
  const { word } = desk;
  const label = textInput(row.label, { required: true, maxlength: 120 });
  const close = show(
    smallForm({
      title: word("rename_title", { path: row.path }),
      fields: [field(word("label"), label)],
      submit: word("save"),
      cancel: word("cancel"),
      onclose: () => close(),
      onsubmit: async () => {
        await desk.write("rename", { path: row.path, label: label.value });
        close();
      },
    }),
  );
}

export function moveForm(desk: Desk, show: Show, row: Row): void {
  const { word } = desk;
  const home = folderField(desk, row.folder);
  const close = show(
    smallForm({
      title: word("move_title", { path: row.path }),
      fields: [home.whole],
      submit: word("save"),
      cancel: word("cancel"),
      onclose: () => close(),
      onsubmit: async () => {
        await desk.write("move", { path: row.path, folder: home.input.value });
        close();
      },
    }),
  );
}

export function renameFolderForm(desk: Desk, show: Show, folder: string): void {
  const { word } = desk;
  const name = textInput(folder, { required: true, maxlength: 120 });
  const close = show(
    smallForm({
      title: word("rename_folder_title", { folder }),
      note: word("rename_folder_note", { count: desk.rows.filter((row) => row.folder === folder).length }),
      fields: [field(word("folder"), name)],
      submit: word("save"),
      cancel: word("cancel"),
      onclose: () => close(),
      onsubmit: async () => {
        await desk.write("rename_folder", { folder, new: name.value });
        close();
      },
    }),
  );
}

const split = (value: string): [string, string] | [] => {
  const at = value.indexOf(":");
  return at < 0 ? [] : [value.slice(0, at), value.slice(at + 1)];
};
