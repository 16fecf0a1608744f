/** What a tool asks before it does its work: a colour, a link's address, an image and what it shows. */
import { button, field } from "../controls";
import { element, Refusal } from "../widget";
import type { RichText } from "../rich_text";
import { linkAddress } from "./marks";

type Word = (name: string, values?: Record<string, string | number>) => string;

export interface Panel {
  label: string;
  parts: HTMLElement[];
  first: HTMLElement;
}

/** Inks that are read on white and on a dark ground, with the names of their colours. */
const INKS: [string, string][] = [
  ["#1c2330", "black"], ["#5a6475", "grey"], ["#1f5fce", "blue"], ["#0b7285", "teal"], ["#1a7f4b", "green"], ["#a86400", "amber"], ["#c22f2f", "red"], ["#7a3fb5", "purple"],
];

/** Largest image that is taken: what is heavier is nothing for a letter. */
export const MOST_BYTES = 5_000_000;

export function colours(word: Word, current: string, choose: (value: string) => void): Panel {
  const swatches = INKS.map(([value, name]) => {
    const swatch = element("button", { type: "button", class: "pw-rich-swatch", title: word(name), "aria-label": word(name), "aria-pressed": String(value === current), onclick: () => choose(value) });
    swatch.style.setProperty("--pw-ink-shown", value);
    return swatch;
  });
  const other = element("input", { type: "color", class: "pw-rich-colour", "aria-label": word("other_colour"), title: word("other_colour"), value: /^#[0-9a-f]{6}$/i.test(current) ? current : "#1c2330" });
  other.addEventListener("change", () => choose(other.value));
  const none = button(word("no_colour"), () => choose(""), { class: "pw-button pw-rich-word" });
  return { label: word("colour"), parts: [element("div", { class: "pw-row" }, ...swatches, other, none)], first: swatches[0] as HTMLElement };
}

/** A row of inputs with a main button; Enter in an input is that button. */
function form(label: string, inputs: HTMLElement[], problem: HTMLElement, done: () => void, buttons: HTMLElement[]): Panel {
  const row = element("div", { class: "pw-row pw-rich-form" }, ...inputs, ...buttons);
  row.addEventListener("keydown", (event) => {
    if (event.key !== "Enter" || !(event.target instanceof HTMLInputElement) || event.target.type === "file") return;
    event.preventDefault();
    done();
  });
  return { label, parts: [row, problem], first: row.querySelector("input") as HTMLElement };
}

const problemOf = (): HTMLElement => element("p", { class: "pw-alert pw-rich-problem", role: "alert", hidden: true });

export function linkPanel(word: Word, text: RichText, shut: () => void): Panel {
  const { editor } = text;
  const problem = problemOf();
  const { from, to, empty } = editor.state.selection;
  const there = editor.isActive("link");
  const current = String(editor.getAttributes("link")["href"] ?? "");
  const address = element("input", { class: "pw-input", type: "text", value: current, spellcheck: "false", placeholder: "https://" });
  const said = element("input", { class: "pw-input", type: "text", value: "" });
  const done = (): void => {
    const href = linkAddress(address.value);
    if (href === null) {
      problem.textContent = `✕ ${word("bad_link")}`;
      problem.hidden = false;
      address.focus();
      return;
    }
    const chain = editor.chain().setTextSelection({ from, to });
    if (there) chain.extendMarkRange("link").setMark("link", { ...editor.getAttributes("link"), href }).run();
    else if (!empty) chain.setMark("link", { href }).run();
    else chain.insertContent({ type: "text", text: said.value.trim() || address.value.trim(), marks: [{ type: "link", attrs: { href } }] }).run();
    shut();
  };
  const remove = (): void => {
    editor.chain().setTextSelection({ from, to }).extendMarkRange("link").unsetMark("link").run();
    shut();
  };
  const inputs = [field(word("address"), address), ...(empty && !there ? [field(word("link_text"), said)] : [])];
  const buttons = [button(word("apply"), done, { class: "pw-button pw-main" }), ...(there ? [button(word("remove_link"), remove)] : []), button(word("cancel"), shut, { class: "pw-button pw-quiet" })];
  return form(word("link"), inputs, problem, done, buttons);
}

export function picturePanel(word: Word, text: RichText, keep: (file: File) => Promise<string>, shut: () => void, given?: File): Panel {
  const problem = problemOf();
  const file = element("input", { type: "file", class: "pw-input", accept: "image/png,image/jpeg,image/gif" });
  const alt = element("input", { class: "pw-input", type: "text" });
  const name = element("span", { class: "pw-note" }, given?.name ?? "");
  const complain = (sentence: string): void => {
    problem.textContent = `✕ ${sentence}`;
    problem.hidden = false;
    add.disabled = false;
  };
  const done = async (): Promise<void> => {
    const chosen = given ?? file.files?.[0];
    if (!chosen) return complain(word("no_file"));
    if (!/^image\/(png|jpe?g|gif)$/.test(chosen.type)) return complain(word("not_picture", { name: chosen.name }));
    if (chosen.size > MOST_BYTES) return complain(word("heavy_picture", { name: chosen.name, weight: (chosen.size / 1_000_000).toFixed(1) }));
    add.disabled = true;
    try {
      const [src, width] = await Promise.all([keep(chosen), widthOf(chosen)]);
      shut();
      text.insertPicture(src, alt.value.trim(), width > 0 ? Math.min(width, 560) : undefined);
    } catch (refusal) {
      if (!(refusal instanceof Refusal)) throw refusal;
      complain(refusal.message);
    }
  };
  const add = button(word("add_picture"), () => void done(), { class: "pw-button pw-main" });
  const inputs = [given ? element("div", { class: "pw-field" }, name) : field(word("picture_file"), file), field(word("alt"), alt)];
  return form(word("picture"), inputs, problem, () => void done(), [add, button(word("cancel"), shut, { class: "pw-button pw-quiet" })]);
}

/** What is said of the image that is selected. */
export function shownPicturePanel(word: Word, text: RichText, there: { alt: string; width: string }, shut: () => void): Panel {
  const alt = element("input", { class: "pw-input", type: "text", value: there.alt });
  const width = element("input", { class: "pw-input", type: "text", inputmode: "numeric", size: "6", value: there.width });
  const done = (): void => {
    shut();
    text.changePicture(alt.value.trim(), /^\d{1,4}%?$/.test(width.value.trim()) ? width.value.trim() : "");
  };
  return form(word("picture"), [field(word("alt"), alt), field(word("width"), width)], problemOf(), done, [
    button(word("apply"), done, { class: "pw-button pw-main" }), button(word("cancel"), shut, { class: "pw-button pw-quiet" }),
  ]);
}

export function tagPanel(word: Word, source: string, write: (source: string) => void, shut: () => void): Panel {
  const input = element("input", { class: "pw-input pw-rich-source", type: "text", value: source, spellcheck: "false" });
  const done = (): void => write(input.value);
  return form(word("tag"), [field(word("tag"), input)], problemOf(), done, [
    button(word("apply"), done, { class: "pw-button pw-main" }),
    button(word("remove_tag"), () => write("")),
    button(word("cancel"), shut, { class: "pw-button pw-quiet" }),
  ]);
}

async function widthOf(file: File): Promise<number> {
  try {
    const drawn = await createImageBitmap(file);
    const { width } = drawn;
    drawn.close();
    return width;
  } catch {
    return 0;
  }
}
