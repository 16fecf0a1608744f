/**
 * The folders and what is in them, as a tree: arrows go round, Enter opens, F2 renames, Delete archives, letters jump.
 * An email type is dragged onto a folder, or onto another one of it.
 */
import { plain } from "../template_picker";
import { element } from "../shared/widget";

export interface Leaf {
  path: string;
  label: string;
  note: string;
  /** What stands at its right: its languages, its state. */
  marks: () => (HTMLElement | null)[];
}

export interface Branch {
  /** What the branch is known by; the folder's name. */
  name: string;
  label: string;
  leaves: Leaf[];
  /** Whether email types may be dropped here, and whether the folder may be renamed. */
  fixed: boolean;
}

export interface TreeOptions {
  label: string;
  onopen: (path: string) => void;
  onbranch: (name: string) => void;
  onrename: (node: { path?: string; folder?: string }) => void;
  onremove: (path: string) => void;
  ondrop: (path: string, folder: string) => void;
}

interface Node_ {
  branch: Branch;
  leaf: Leaf | null;
}

const CARRIED = "application/x-publipostage-template";

export class Tree {
  readonly box: HTMLElement;
  private branches: Branch[] = [];
  private readonly closed = new Set<string>();
  private nodes: Node_[] = [];
  private at = 0;
  private chosen = "";
  private everything = false;
  private typed = "";
  private typedAt = 0;

  constructor(private readonly options: TreeOptions) {
    this.box = element("div", { class: "pw-tree", role: "tree", "aria-label": options.label });
    this.box.addEventListener("keydown", (event) => this.hear(event));
  }

  /** Close a branch before it is first shown. */
  startClosed(name: string): void {
    this.closed.add(name);
  }

  /** Show these branches; with `everything`, all of them open: something is searched for. */
  show(branches: Branch[], chosen: string, everything: boolean): void {
    const before = this.nodes[this.at];
    this.branches = branches;
    this.everything = everything;
    const opened = branches.find((one) => one.leaves.some((leaf) => leaf.path === chosen));
    if (chosen !== this.chosen && opened) this.closed.delete(opened.name);
    this.chosen = chosen;
    this.draw(before);
  }

  focus(): void {
    this.rows()[this.at]?.focus();
  }

  /** Scroll the tree, and nothing else, to where an email type stands in it. */
  bringIntoSight(path: string): void {
    const row = this.rows().find((one) => one.dataset["path"] === path);
    if (!row) return;
    const top = row.offsetTop - this.box.offsetTop;
    if (top < this.box.scrollTop) this.box.scrollTop = top;
    else if (top + row.offsetHeight > this.box.scrollTop + this.box.clientHeight) this.box.scrollTop = top + row.offsetHeight - this.box.clientHeight;
  }

  private draw(before?: Node_): void {
    const focused = this.box.contains(document.activeElement);
    this.nodes = this.branches.flatMap((branch) => [
      { branch, leaf: null },
      ...(this.isOpen(branch) ? branch.leaves.map((leaf) => ({ branch, leaf })) : []),
    ]);
    const kept = before ? this.nodes.findIndex(({ branch, leaf }) => branch.name === before.branch.name && leaf?.path === before.leaf?.path) : -1;
    const chosen = this.nodes.findIndex(({ leaf }) => leaf !== null && leaf.path === this.chosen);
    this.at = kept >= 0 ? kept : Math.max(0, chosen);
    this.box.replaceChildren(...this.nodes.map((node, place) => this.row(node, place)));
    if (focused) this.focus();
  }

  private isOpen(branch: Branch): boolean {
    return this.everything || !this.closed.has(branch.name);
  }

  private rows(): HTMLElement[] {
    return [...this.box.children] as HTMLElement[];
  }

  private row({ branch, leaf }: Node_, place: number): HTMLElement {
    const shared = { role: "treeitem", tabindex: place === this.at ? "0" : "-1" };
    const row = leaf
      ? element(
          "div",
          {
            ...shared, class: "pw-tree-leaf", "aria-level": 2, "aria-setsize": branch.leaves.length, "aria-posinset": branch.leaves.indexOf(leaf) + 1,
            "aria-selected": String(leaf.path === this.chosen), "data-path": leaf.path, draggable: branch.fixed ? null : "true",
          },
          element("span", { class: "pw-tree-words" }, element("span", { class: "pw-tree-label" }, leaf.label), element("span", { class: "pw-note pw-tree-note" }, leaf.note)),
          element("span", { class: "pw-tree-marks" }, ...leaf.marks()),
        )
      : element(
          "div",
          {
            ...shared, class: "pw-tree-branch", "aria-level": 1, "aria-setsize": this.branches.length, "aria-posinset": this.branches.indexOf(branch) + 1,
            "aria-expanded": String(this.isOpen(branch)), "aria-selected": "false", "data-folder": branch.name,
          },
          element("span", { class: "pw-fold-sign", "aria-hidden": "true" }, this.isOpen(branch) ? "▾" : "▸"),
          element("span", { class: "pw-tree-label" }, branch.label),
          element("span", { class: "pw-note pw-tree-count" }, String(branch.leaves.length)),
        );
    row.addEventListener("click", () => {
      this.point(place);
      if (leaf) this.options.onopen(leaf.path);
      else {
        this.toggle(branch);
        this.options.onbranch(branch.name);
      }
    });
    row.addEventListener("focus", () => this.mark(place));
    if (leaf && !branch.fixed) {
      row.addEventListener("dragstart", (event) => {
        event.dataTransfer?.setData(CARRIED, leaf.path);
        if (event.dataTransfer) event.dataTransfer.effectAllowed = "move";
      });
    }
    if (!branch.fixed) this.receive(row, branch);
    return row;
  }

  private receive(row: HTMLElement, branch: Branch): void {
    const carries = (event: DragEvent): boolean => event.dataTransfer?.types.includes(CARRIED) === true;
    const light = (on: boolean): void => {
      for (const one of this.rows()) one.classList.toggle("pw-tree-drop", on && one.dataset["folder"] === branch.name);
    };
    row.addEventListener("dragover", (event) => {
      if (!carries(event)) return;
      event.preventDefault();
      light(true);
    });
    row.addEventListener("dragleave", () => light(false));
    row.addEventListener("drop", (event) => {
      light(false);
      const path = event.dataTransfer?.getData(CARRIED) ?? "";
      if (!path) return;
      event.preventDefault();
      event.stopPropagation();
      if (!branch.leaves.some((leaf) => leaf.path === path)) this.options.ondrop(path, branch.name);
    });
  }

  private mark(place: number): void {
    this.at = place;
    this.rows().forEach((row, at) => (row.tabIndex = at === place ? 0 : -1));
  }

  private point(place: number): void {
    this.mark(place);
    this.focus();
  }

  private toggle(branch: Branch, open = this.closed.has(branch.name)): void {
    if (this.everything) return;
    if (open) this.closed.delete(branch.name);
    else this.closed.add(branch.name);
    this.draw(this.nodes[this.at]);
  }

  private hear(event: KeyboardEvent): void {
    const node = this.nodes[this.at];
    if (!node || event.ctrlKey || event.metaKey || event.altKey) return;
    const { branch, leaf } = node;
    const steps: Record<string, () => void> = {
      ArrowDown: () => this.point(Math.min(this.at + 1, this.nodes.length - 1)),
      ArrowUp: () => this.point(Math.max(this.at - 1, 0)),
      Home: () => this.point(0),
      End: () => this.point(this.nodes.length - 1),
      ArrowRight: () => {
        if (leaf) return;
        if (!this.isOpen(branch)) this.toggle(branch, true);
        else if (branch.leaves.length > 0) this.point(this.at + 1);
      },
      ArrowLeft: () => {
        if (leaf) this.point(this.nodes.findIndex((one) => one.branch === branch && one.leaf === null));
        else if (this.isOpen(branch)) this.toggle(branch, false);
      },
      Enter: () => {
        if (leaf) this.options.onopen(leaf.path);
        else this.options.onbranch(branch.name);
      },
      F2: () => {
        if (!branch.fixed && (leaf || branch.name)) this.options.onrename(leaf ? { path: leaf.path } : { folder: branch.name });
      },
      Delete: () => {
        if (leaf && !branch.fixed) this.options.onremove(leaf.path);
      },
    };
    steps[" "] = steps["Enter"] as () => void;
    const step = steps[event.key];
    if (step) {
      event.preventDefault();
      step();
    } else if (event.key.length === 1) this.jump(event.key);
  }

  /** Go to the next one whose label begins with what is being typed. */
  private jump(letter: string): void {
    const now = Date.now();
    this.typed = now - this.typedAt < 800 ? this.typed + letter : letter;
    this.typedAt = now;
    // The same letter again goes to the next one that begins with it.
    const again = [...this.typed].every((one) => one === letter);
    const wanted = plain(again ? letter : this.typed);
    for (let step = again ? 1 : 0; step <= this.nodes.length; step += 1) {
      const place = (this.at + step) % this.nodes.length;
      const node = this.nodes[place] as Node_;
      if (plain(node.leaf?.label ?? node.branch.label).startsWith(wanted)) {
        this.point(place);
        return;
      }
    }
  }
}
