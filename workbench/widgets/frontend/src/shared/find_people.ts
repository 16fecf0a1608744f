/** A box in which anybody is found as one types; the arrows walk through who is found, Enter takes one. */
import { element, sentenceOf } from "./widget";

export interface Found {
  patient: string;
  name: string;
  about: string;
}

export interface FindOptions {
  label: string;
  placeholder: string;
  /** What the list is called. */
  list: string;
  none: string;
  find: (words: string) => Promise<Found[]>;
  onchoose: (found: Found) => void;
  ontrouble?: (sentence: string) => void;
}

export interface FindBox {
  whole: HTMLElement;
  input: HTMLInputElement;
  close(): void;
}

const WAIT_MS = 120;
let made = 0;

export function findBox(options: FindOptions): FindBox {
  const id = `pw-find-${(made += 1)}-${Math.random().toString(36).slice(2, 8)}`;
  const input = element("input", {
    type: "search", class: "pw-input pw-find-input", role: "combobox", "aria-label": options.label, placeholder: options.placeholder,
    "aria-expanded": "false", "aria-controls": id, "aria-autocomplete": "list", autocomplete: "off", spellcheck: "false",
  });
  const list = element("div", { class: "pw-find-list", role: "listbox", id, "aria-label": options.list, hidden: true });
  const none = element("p", { class: "pw-note pw-find-none", role: "status" });
  const whole = element("div", { class: "pw-find" }, input, list, none);
  let found: Found[] = [];
  let active = -1;
  let asked = 0;
  let timer: ReturnType<typeof setTimeout> | undefined;
  /** Whether the list in sight answers other words than those that stand in the box now. */
  let stale = false;
  /** Whether somebody pressed Enter before the answer was there. */
  let hurried = false;

  const close = (): void => {
    asked += 1;
    clearTimeout(timer);
    list.hidden = true;
    none.textContent = "";
    input.setAttribute("aria-expanded", "false");
    input.removeAttribute("aria-activedescendant");
  };
  const point = (place: number): void => {
    active = place;
    const rows = [...list.children] as HTMLElement[];
    rows.forEach((row, at) => row.setAttribute("aria-selected", String(at === place)));
    const row = rows[place];
    if (!row) return input.removeAttribute("aria-activedescendant");
    input.setAttribute("aria-activedescendant", row.id);
    row.scrollIntoView?.({ block: "nearest" });
  };
  const choose = (one: Found | undefined): void => {
    if (!one) return;
    close();
    input.value = "";
    options.onchoose(one);
  };
  const draw = (): void => {
    list.replaceChildren(
      ...found.map((one, at) => {
        const row = element(
          "div",
          { class: "pw-find-one", role: "option", id: `${id}-${at}`, "data-patient": one.patient },
          element("span", { class: "pw-find-name" }, one.name),
          element("span", { class: "pw-note" }, one.about),
        );
        // A mouse that goes down must not take the focus away from the box.
        row.addEventListener("mousedown", (event) => event.preventDefault());
        row.addEventListener("click", () => choose(one));
        return row;
      }),
    );
    list.hidden = found.length === 0;
    none.textContent = found.length === 0 ? options.none : "";
    input.setAttribute("aria-expanded", String(found.length > 0));
    point(found.length > 0 ? 0 : -1);
  };
  const look = async (): Promise<void> => {
    const wanted = input.value.trim();
    const mine = (asked += 1);
    if (wanted.length < 2) {
      found = [];
      close();
      return;
    }
    try {
      const rows = await options.find(wanted);
      if (mine !== asked) return;
      found = rows;
      stale = false;
      draw();
      // Whoever pressed Enter meanwhile meant what was typed; of several, nobody is taken unseen.
      if (hurried && found.length === 1) choose(found[0]);
      hurried = false;
    } catch (refusal) {
      options.ontrouble?.(sentenceOf(refusal));
    }
  };
  input.addEventListener("input", () => {
    clearTimeout(timer);
    stale = true;
    hurried = false;
    timer = setTimeout(() => void look(), WAIT_MS);
  });
  input.addEventListener("keydown", (event) => {
    if (event.key === "Escape" && (input.value || !list.hidden)) {
      event.preventDefault();
      input.value = "";
      close();
    } else if (event.key === "ArrowDown" || event.key === "ArrowUp") {
      event.preventDefault();
      if (!list.hidden && found.length) point((active + (event.key === "ArrowDown" ? 1 : -1) + found.length) % found.length);
    } else if (event.key === "Enter") {
      event.preventDefault();
      if (stale) {
        hurried = true;
        clearTimeout(timer);
        void look();
      } else if (!list.hidden) choose(found[active]);
    }
  });
  input.addEventListener("blur", () => close());
  input.addEventListener("focus", () => {
    if (input.value.trim().length >= 2) void look();
  });
  return { whole, input, close };
}
