/**
 * The library of email types: their folders at left, at right one of them, or all of a folder.
 *
 * Asks Python for the shelf (`open`), and for each view of an email type when it is looked at; every gesture is a message
 * of its own that answers with the shelf as it stands then. Hears `changed` (somebody changed it in another view, or in
 * Python) and `editing` (how the text stands that is being written under it).
 */
import { button } from "./shared/controls";
import { download } from "./shared/files";
import { element, hear, Questions, rootOf, sentenceOf, words, type Scene } from "./shared/widget";
import { plain } from "./template_picker";
import { sentenceOf as refused, stateOf, tried, type Counts, type Desk, type Row, type Written } from "./templates_page/desk";
import { Details } from "./templates_page/details";
import { beginForm, renameFolderForm, renameForm } from "./templates_page/forms";
import { Importing } from "./templates_page/importing";
import { drawOverview } from "./templates_page/overview";
import type { Unsaved } from "./templates_page/settings";
import { Tree, type Branch } from "./templates_page/tree";
import { Writing, type State } from "./templates_page/writing";

const ARCHIVED = "\u0000archived";
const EVERYTHING = "\u0000all";
/** So long after the last key is asked which texts hold the words. */
export const FIND_AFTER_MS = 250;
const PAUSE_MS = 60;

interface Shelf {
  templates: Row[];
  archived: Row[];
  chosen: string;
}

export default {
  render(scene: Scene): () => void {
    const { model } = scene;
    const word = words(model);
    const root = rootOf(scene, "templates");
    const silent = element("p", { class: "pw-note", role: "status", hidden: true }, word("silent"));
    const questions = new Questions(model, (waits) => (silent.hidden = !waits));

    let rows: Row[] = [];
    let archived: Row[] = [];
    let samples: [string, string][] = [];
    let languages: [string, string][] = [];
    let writes = false;
    let uses = false;
    let learned = false;
    let alive = true;
    /** The email type that is shown, or the folder of the overview. */
    let chosen = "";
    let folder = EVERYTHING;
    let search = "";
    /** Which email types hold the words in their text; null while nobody knows. */
    let inText: Set<string> | null = null;
    const known = new Map<string, Counts>();
    const unsaved: Unsaved = new Map();
    const keyOf = (row: Row): string => `${row.path}\n${row.revision}`;
    const rowOf = (path: string): Row | undefined => rows.find((row) => row.path === path);
    /** A variant is shown in the tree by its main email type. */
    const mainOf = (path: string): string => {
      const main = rowOf(path)?.variant_of;
      return main && rowOf(main) ? main : path;
    };

    const desk: Desk = {
      word,
      get rows() {
        return rows;
      },
      get archived() {
        return archived;
      },
      get folders() {
        return [...new Set(rows.map((row) => row.folder))].sort(order.compare);
      },
      get samples() {
        return samples;
      },
      get languages() {
        return languages;
      },
      get uses() {
        return uses;
      },
      get writes() {
        return writes;
      },
      ask: async (kind, question = {}) => (await questions.ask(kind, question)).message,
      askFile: (kind, question = {}) => questions.ask(kind, question),
      write,
      tell,
      choose: (path) => tried(desk, choose(path, true)),
      counts: (row) => known.get(keyOf(row)),
      learnCounts: (path, counts) => {
        const row = rowOf(path);
        if (!row) return;
        known.set(keyOf(row), counts);
        tellCounts(row);
      },
    };
    const order = new Intl.Collator(root.lang || undefined, { numeric: true });

    const said = element("p", { class: "pw-note pw-said", role: "status", "aria-live": "polite", hidden: true });
    const trouble = element("p", { class: "pw-alert", role: "alert", hidden: true });
    const box = element("input", { type: "search", class: "pw-input", placeholder: word("search"), "aria-label": word("search"), spellcheck: "false", autocomplete: "off" });
    const found = element("p", { class: "pw-note pw-found-count", role: "status", "aria-live": "polite" }, word("reading"));
    const place = element("div", { class: "pw-form-place" });
    const pane = element("div", { class: "pw-pane" });
    const tree = new Tree({
      label: word("tree"),
      onopen: (path) => {
        if (rowOf(path)) tried(desk, choose(path, false));
        else showArchived(path);
      },
      onbranch: (name) => {
        folder = name;
        chosen = "";
        drawPane();
      },
      onrename: ({ path, folder: named }) => {
        const row = path === undefined ? undefined : rowOf(path);
        if (row) renameForm(desk, showForm, row);
        else if (named) renameFolderForm(desk, showForm, named);
      },
      onremove: (path) => {
        const row = rowOf(path);
        if (!row) return;
        const variants = row.variants.length > 0 ? ` ${word("archive_variants", { count: row.variants.length })}` : "";
        details.ask(word("archive_ask", { path }) + variants, word("archive_yes"), "archive", path);
      },
      ondrop: (path, named) => tried(desk, write("move", { path, folder: named })),
    });
    tree.startClosed(ARCHIVED);
    const details = new Details(desk, showForm, unsaved, {
      edit: (path) => void edit(path),
      download: (path) => tried(desk, hand(path)),
    });
    const writing = new Writing(desk, () => {
      drawWriting({});
      if (chosen) tried(desk, choose(chosen, true));
    });
    const begin = button(word("new"), () => tried(desk, beginForm(desk, showForm, folder === EVERYTHING || folder === ARCHIVED ? rowOf(chosen)?.folder ?? "" : folder)), { class: "pw-button pw-main", "data-do": "new" });
    const bring = button(word("import"), () => openImport(), { "data-do": "import" });
    const give = button(word("export"), () => tried(desk, hand("")), { "data-do": "export", title: word("export_all"), "aria-label": word("export_all") });
    const library = element(
      "div",
      { class: "pw-beside" },
      element(
        "div",
        { class: "pw-sides pw-library" },
        element("div", { class: "pw-side-list" }, element("div", { class: "pw-row" }, begin, bring, give), box, found, tree.box, element("p", { class: "pw-note pw-keys" }, word("keys"))),
        element("div", { class: "pw-library-right" }, place, pane),
      ),
    );
    root.setAttribute("aria-label", word("title"));
    root.append(silent, said, trouble, writing.whole, library);

    function tell(sentence: string, bad = false): void {
      const shown = bad ? trouble : said;
      const other = bad ? said : trouble;
      shown.textContent = sentence && (bad ? `✕ ${sentence}` : `✓ ${sentence}`);
      shown.hidden = sentence === "";
      other.hidden = true;
    }

    /** Put a form, or a question, over what is shown; taken away, the focus goes to what was made or where one works. */
    function showForm(form: HTMLElement): (made?: boolean) => void {
      place.replaceChildren(form);
      form.querySelector<HTMLElement>("input:not([type=file]), select, button")?.focus();
      form.querySelector<HTMLInputElement>("input:not([type=file])")?.select();
      form.scrollIntoView({ block: "nearest" });
      return (made = false) => {
        const before = form.contains(document.activeElement);
        form.remove();
        if (before) (made ? details : tree).focus();
      };
    }

    function openImport(files: File[] = []): void {
      const importing = new Importing(desk, () => close());
      const close = showForm(importing.whole);
      importing.focus();
      importing.take(files);
    }

    async function hand(path: string): Promise<void> {
      const { message, buffers } = await questions.ask("export", { path });
      const name = String(message["name"]);
      const bytes = buffers[0];
      if (bytes) download(name, bytes as unknown as BlobPart, name.endsWith(".zip") ? "application/zip" : "text/html");
    }

    async function write(kind: string, question: Record<string, unknown> = {}): Promise<Written> {
      const answer = (await questions.ask(kind, question)).message;
      if (typeof answer["overtaken"] === "string") return { kept: false, overtaken: answer["overtaken"] };
      takeShelf(answer as unknown as Shelf);
      tell(String(answer["said"] ?? ""));
      await choose(String(answer["chosen"]), false);
      return { kept: true };
    }

    function takeShelf(shelf: Shelf): void {
      const sorted = (some: Row[]): Row[] => [...some].sort((one, other) => order.compare(one.folder, other.folder) || order.compare(one.label, other.label));
      rows = sorted(shelf.templates);
      archived = sorted(shelf.archived);
      learned = true;
      void count();
    }

    async function choose(path: string, focus: boolean): Promise<void> {
      const row = rowOf(path);
      const moved = path !== chosen;
      chosen = row ? row.path : "";
      if (row) folder = row.folder;
      else if (folder !== EVERYTHING && folder !== ARCHIVED && !rows.some((one) => one.folder === folder)) folder = EVERYTHING;
      drawTree();
      if (!row) {
        drawPane();
        return;
      }
      if (moved) tree.bringIntoSight(mainOf(path));
      pane.replaceChildren(details.whole);
      await details.show(row);
      if (focus) details.focus();
    }

    function showArchived(path: string): void {
      const row = archived.find((one) => one.path === path);
      if (!row) return;
      const back = button(word("unarchive"), () => tried(desk, write("unarchive", { path })), { class: "pw-button pw-main" });
      pane.replaceChildren(
        element("section", { class: "pw-details", "aria-label": path }, element("h3", { class: "pw-details-title" }, row.label), element("p", { class: "pw-note" }, `${word("archived")} · ${row.folder || word("no_folder")} · ${row.subject}`), back),
      );
    }

    function drawPane(): void {
      if (chosen) return;
      if (folder === ARCHIVED) {
        pane.replaceChildren(element("p", { class: "pw-note" }, word("archived")));
        return;
      }
      const all = folder === EVERYTHING;
      const mine = shown().filter((row) => all || row.folder === folder);
      const rename = !all && folder ? [button(word("rename_folder"), () => renameFolderForm(desk, showForm, folder))] : [];
      pane.replaceChildren(drawOverview(desk, all ? word("all") : folder || word("no_folder"), mine, rename));
    }

    /** The email types that are listed: each with its variants as one, those that hold every word. */
    function shown(): Row[] {
      const wanted = plain(search).split(/\s+/).filter(Boolean);
      const holds = (row: Row): boolean => {
        const text = plain(`${row.folder} ${row.label} ${row.subject}`);
        return wanted.every((one) => text.includes(one)) || inText?.has(row.path) === true;
      };
      return rows.filter((row) => mainOf(row.path) === row.path && (holds(row) || rows.some((one) => row.variants.includes(one.path) && holds(one))));
    }

    function marks(row: Row): (HTMLElement | null)[] {
      const spoken = [row, ...rows.filter((one) => row.variants.includes(one.path))].map((one) => one.language);
      const counts = known.get(keyOf(row));
      const state = counts && counts.error + counts.warning > 0 ? stateOf(counts, word) : null;
      return [
        spoken.length > 1 || spoken[0] !== root.lang ? element("span", { class: "pw-tree-language", title: word("languages") }, spoken.join(" · ")) : null,
        state,
        unsaved.has(row.path) || row.unsaved ? element("span", { class: "pw-state pw-state-doubt", title: word("dirty") }, "●") : null,
      ];
    }

    function drawTree(): void {
      const listed = shown();
      const leaf = (row: Row) => ({ path: row.path, label: row.label, note: row.subject, marks: () => marks(row) });
      const branches: Branch[] = [...new Set(listed.map((row) => row.folder))].map((name) => ({
        name,
        label: name || word("no_folder"),
        leaves: listed.filter((row) => row.folder === name).map(leaf),
        fixed: false,
      }));
      if (archived.length > 0 && search === "") {
        branches.push({ name: ARCHIVED, label: word("archived"), leaves: archived.map((row) => ({ ...leaf(row), marks: () => [] })), fixed: true });
      }
      tree.show(branches, mainOf(chosen), search !== "");
      found.textContent = !learned ? word("reading") : listed.length > 0 ? word("found", { count: listed.length }) : word(rows.length > 0 ? "none_found" : "empty");
    }

    function tellCounts(row: Row): void {
      for (const cell of pane.querySelectorAll<HTMLElement>("[data-state]")) {
        if (cell.dataset["state"] === row.path) cell.replaceChildren(stateOf(known.get(keyOf(row)), word) ?? "");
      }
      if (row.path === chosen) details.tellState(row);
      const leaf = [...tree.box.querySelectorAll<HTMLElement>("[data-path]")].find((one) => one.dataset["path"] === row.path);
      leaf?.querySelector(".pw-tree-marks")?.replaceChildren(...marks(row).filter((mark): mark is HTMLElement => mark !== null));
    }

    let counting = false;
    /** Have each email type checked, one after the other and slowly, while somebody sees the library. */
    async function count(): Promise<void> {
      if (counting) return;
      counting = true;
      try {
        for (;;) {
          const first = rows.find((row) => row.path === chosen && !known.has(keyOf(row)));
          const row = first ?? rows.find((one) => !known.has(keyOf(one)));
          if (!row || !alive) return;
          await new Promise((done) => setTimeout(done, document.visibilityState === "visible" && library.offsetParent !== null ? PAUSE_MS : 1000));
          if (!alive) return;
          if (document.visibilityState !== "visible" || library.offsetParent === null) continue;
          try {
            const counts = (await questions.ask("count", { path: row.path, revision: row.revision })).message as unknown as Counts;
            known.set(keyOf(row), counts);
          } catch (refusal) {
            refused(refusal);
            known.set(keyOf(row), { error: 1, warning: 0 }); // it cannot even be looked through; its check says why
          }
          tellCounts(row);
        }
      } finally {
        counting = false;
      }
    }

    async function edit(path: string): Promise<void> {
      try {
        const state = (await questions.ask("edit", { path })).message as unknown as State;
        drawWriting(state);
        writing.focus();
      } catch (refusal) {
        tell(sentenceOf(refusal), true);
      }
    }

    function drawWriting(state: State): void {
      writing.show(state);
      library.hidden = writing.open;
      said.hidden = trouble.hidden = true;
    }

    async function learn(): Promise<void> {
      const answer = (await questions.ask("open")).message as unknown as Shelf & {
        samples: [string, string][];
        languages: [string, string][];
        writes: boolean;
        uses: boolean;
        editing: State;
      };
      ({ samples, languages, writes, uses } = answer);
      takeShelf(answer);
      drawWriting(answer.editing);
      await choose(answer.chosen || chosen, false);
    }

    let timer: ReturnType<typeof setTimeout> | undefined;
    box.addEventListener("input", () => {
      search = box.value.trim();
      inText = null;
      clearTimeout(timer);
      const wanted = search;
      if (wanted) {
        timer = setTimeout(() => {
          void desk.ask("find", { words: wanted }).then(
            (answer) => {
              if (wanted !== search) return;
              inText = new Set(answer["paths"] as string[]);
              drawTree();
              drawPane();
            },
            (refusal: unknown) => tell(sentenceOf(refusal), true),
          );
        }, FIND_AFTER_MS);
      }
      drawTree();
      drawPane();
    });
    box.addEventListener("keydown", (event) => {
      if (event.key !== "ArrowDown") return;
      event.preventDefault();
      tree.focus();
    });
    // A file that is dropped anywhere in the library is one to be brought in; the browser would open it instead.
    root.addEventListener("dragover", (event) => {
      if (event.dataTransfer?.types.includes("Files") === true && !writing.open) event.preventDefault();
    });
    root.addEventListener("drop", (event) => {
      const files = [...(event.dataTransfer?.files ?? [])];
      if (files.length === 0 || writing.open) return;
      event.preventDefault();
      openImport(files);
    });
    const stop = hear(model, (message) => {
      if (message.kind === "changed" && message["view"] !== questions.view) {
        if (message["chosen"]) chosen = String(message["chosen"]);
        tried(desk, learn());
      } else if (message.kind === "editing") {
        const { kind: _kind, ...state } = message;
        drawWriting(state as State);
      }
    });
    drawTree();
    tried(desk, learn());
    return () => {
      alive = false;
      clearTimeout(timer);
      stop();
      questions.close();
    };
  },
};
