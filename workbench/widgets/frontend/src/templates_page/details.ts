/** One email type: what it is, what can be done with it, and four views of it, each asked for when it is looked at. */
import { button, field, fold } from "../shared/controls";
import { Reading, type Message, type Source } from "../shared/message";
import { element } from "../shared/widget";
import { askOnce, sentenceOf, stateOf, tried, type Counts, type Desk, type Row } from "./desk";
import { duplicateForm, moveForm, renameForm, translateForm, type Show } from "./forms";
import { drawRevisions } from "./revisions";
import { drawSettings, type Unsaved } from "./settings";

interface Told {
  path: string;
  main: string;
  languages: [language: string, path: string][];
  summary: [what: string, value: string, who: string][];
  purpose: string;
  sharing: string[];
  subject: string;
}

interface FoundLine {
  state: "bad" | "doubt" | "none";
  word: string;
  message: string;
  where: string;
  who: string;
}

const TABS = ["preview", "settings", "revisions", "findings"] as const;
export type Tab = (typeof TABS)[number];

let made = 0;

export class Details {
  readonly whole = element("section", { class: "pw-details" });
  /** Which of the four is looked at; it stays from one email type to the next. */
  tab: Tab = "preview";
  private path = "";
  private drawn = 0;
  private sample = "woman";
  private readonly panel: HTMLElement;
  private readonly tabs: HTMLButtonElement[];
  private readonly head = element("header", { class: "pw-details-head" });
  private readonly list: HTMLElement;
  private readonly reading: Reading;

  constructor(
    private readonly desk: Desk,
    private readonly showForm: Show,
    private readonly unsaved: Unsaved,
    private readonly on: { edit: (path: string) => void; download: (path: string) => void },
  ) {
    const { word } = desk;
    const id = `pw-details-${(made += 1)}-${Math.random().toString(36).slice(2, 8)}`;
    this.panel = element("div", { id, class: "pw-details-panel", role: "tabpanel" });
    this.tabs = TABS.map((tab) =>
      element("button", { type: "button", class: "pw-tab", role: "tab", id: `${id}-${tab}`, "aria-controls": id, onclick: () => this.turnTo(tab) }, word(tab)),
    );
    this.list = element("div", { class: "pw-tabs", role: "tablist", "aria-label": word("tabs") }, ...this.tabs);
    this.list.addEventListener("keydown", (event) => {
      const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
      if (step === undefined) return;
      event.preventDefault();
      const place = (TABS.indexOf(this.tab) + step + TABS.length) % TABS.length;
      this.turnTo(TABS[place] as Tab);
      this.tabs[place]?.focus();
    });
    this.reading = new Reading(word);
    this.whole.append(this.head, this.list, this.panel);
  }

  /** Show an email type. */
  async show(row: Row): Promise<void> {
    this.path = row.path;
    const mine = (this.drawn += 1);
    const told = (await this.desk.ask("read", { path: row.path })) as unknown as Told;
    if (mine !== this.drawn) return;
    this.whole.setAttribute("aria-label", row.path);
    this.drawHead(row, told);
    this.summary = told.summary;
    await this.drawPanel();
  }

  focus(): void {
    this.head.querySelector<HTMLElement>("h3")?.focus();
  }

  turnTo(tab: Tab): void {
    this.tab = tab;
    tried(this.desk, this.drawPanel());
  }

  /** Tell anew what the check found. */
  tellState(row: Row): void {
    this.state.replaceChildren(stateOf(this.desk.counts(row), this.desk.word) ?? element("span", { class: "pw-note" }, this.desk.word("unchecked")));
  }

  private readonly state = element("span", {});
  private summary: Told["summary"] = [];

  private drawHead(row: Row, told: Told): void {
    const { word } = this.desk;
    const called = new Map(this.desk.languages);
    const languages = told.languages.map(([language, path]) => {
      const chip = element("button", { type: "button", class: "pw-chip", "aria-pressed": String(path === row.path), title: path }, called.get(language) ?? language);
      chip.addEventListener("click", () => this.desk.choose(path));
      return chip;
    });
    const left = this.desk.languages.some(([language]) => !told.languages.some(([known]) => known === language));
    this.tellState(row);
    const archive = button(word("archive"), () => {
      const variants = row.variants.length > 0 ? ` ${word("archive_variants", { count: row.variants.length })}` : "";
      this.ask(word("archive_ask", { path: row.path }) + variants, word("archive_yes"), "archive", row.path);
    });
    const more = fold(word("more"), "", false, () => undefined, () => [
      element(
        "div",
        { class: "pw-row" },
        left ? button(word("translate"), () => translateForm(this.desk, this.showForm, row, told.languages.map(([language]) => language))) : null,
        button(word("export"), () => this.on.download(row.path)),
        button(word("reset"), () => this.ask(word("reset_ask", { path: row.path }), word("reset_yes"), "reset", row.path)),
        archive,
      ),
    ]);
    more.classList.add("pw-details-more");
    const lines = [
      word("version", { revision: row.revision, who: row.saved_by, when: row.saved_at }),
      row.searches.length > 0 ? word("proposed_by", { searches: row.searches.join(", ") }) : "",
      told.sharing.length > 0 ? word("sharing", { paths: told.sharing.join(", ") }) : "",
    ];
    const resumed = this.desk.writes && row.unsaved ? element("p", { class: "pw-unsaved" }, word("unsaved", { when: row.unsaved })) : "";
    this.head.replaceChildren(
      element("div", { class: "pw-row" }, element("h3", { class: "pw-details-title", tabindex: "-1" }, row.label), this.state),
      element("p", { class: "pw-note pw-details-folder" }, row.folder || word("no_folder"), told.languages.length > 1 ? " · " : "", ...(told.languages.length > 1 ? [element("span", { class: "pw-languages", role: "group", "aria-label": word("languages") }, ...languages)] : [])),
      element("p", { class: "pw-note" }, lines.filter(Boolean).join(" · ")),
      resumed,
      element(
        "div",
        { class: "pw-row" },
        this.desk.writes ? button(word(row.unsaved ? "resume" : "edit"), () => this.on.edit(row.path), { class: "pw-button pw-main", "data-do": "edit" }) : null,
        this.desk.uses ? button(word("use"), () => tried(this.desk, this.desk.ask("use", { path: row.variant_of || row.path }))) : null,
        button(word("duplicate"), () => duplicateForm(this.desk, this.showForm, row)),
        button(word("rename"), () => renameForm(this.desk, this.showForm, row)),
        button(word("move"), () => moveForm(this.desk, this.showForm, row)),
      ),
      more,
    );
  }

  /** Ask once, in place, and do it. */
  ask(sentence: string, yes: string, kind: string, path: string): void {
    const { word } = this.desk;
    const asked = askOnce(sentence, yes, word("cancel"), () => {
      close();
      tried(this.desk, this.desk.write(kind, { path }));
    }, () => close());
    const close = this.showForm(asked);
  }

  private async drawPanel(): Promise<void> {
    this.tabs.forEach((tab, place) => {
      const chosen = TABS[place] === this.tab;
      tab.setAttribute("aria-selected", String(chosen));
      tab.tabIndex = chosen ? 0 : -1;
      if (chosen) this.panel.setAttribute("aria-labelledby", tab.id);
    });
    const { path, tab } = this;
    const panel = element("div", {});
    this.panel.replaceChildren(panel);
    try {
      if (tab === "preview") await this.drawPreview(panel);
      else if (tab === "settings") await drawSettings(this.desk, path, panel, this.unsaved);
      else if (tab === "revisions") await drawRevisions(this.desk, path, panel);
      else await this.drawFindings(panel);
    } catch (refusal) {
      panel.replaceChildren(element("p", { class: "pw-alert", role: "alert" }, `✕ ${sentenceOf(refusal)}`));
    }
  }

  private async drawPreview(panel: HTMLElement): Promise<void> {
    const { desk, path, reading } = this;
    const { word } = desk;
    const who = element("select", { class: "pw-input" }, ...desk.samples.map(([name, called]) => element("option", { value: name }, called)));
    who.value = this.sample;
    const show = async (): Promise<void> => {
      const sample = this.sample;
      try {
        const { message } = (await desk.ask("preview", { path, sample })) as unknown as { message: Message };
        if (this.path !== path || this.sample !== sample) return;
        reading.show(message, async () => (await desk.ask("source", { path, sample })) as unknown as Source);
      } catch (refusal) {
        reading.say(sentenceOf(refusal), true);
      }
    };
    who.addEventListener("change", () => {
      this.sample = who.value;
      void show();
    });
    const counts = fold(word("counts_title"), "", false, () => undefined, () => [
      element("table", { class: "pw-summary" }, element("tbody", {}, ...this.summary.map(([what, value, by]) => element("tr", {}, element("th", { scope: "row" }, what), element("td", {}, value), element("td", { class: "pw-note" }, by))))),
    ]);
    panel.append(
      element("div", { class: "pw-row pw-preview-bar" }, field(word("with"), who), element("span", { class: "pw-grow" }), reading.tabs),
      reading.panel,
      element("p", { class: "pw-note" }, word("samples")),
      counts,
    );
    await show();
  }

  private async drawFindings(panel: HTMLElement): Promise<void> {
    const { desk, path } = this;
    const { word } = desk;
    panel.replaceChildren(element("p", { class: "pw-note", role: "status" }, word("checking")));
    const { findings, counts } = (await desk.ask("findings", { path })) as unknown as { findings: FoundLine[]; counts: Counts };
    if (this.path !== path) return;
    desk.learnCounts(path, counts);
    const list =
      findings.length === 0
        ? element("p", { class: "pw-found-none", role: "status" }, word("nothing_found"))
        : element(
            "ul",
            { class: "pw-found" },
            ...findings.map((one) =>
              element(
                "li",
                {},
                element("span", { class: `pw-state pw-state-${one.state}` }, one.word),
                element("span", {}, one.message, element("span", { class: "pw-note" }, [one.where, one.who && word("with_whom", { who: one.who })].filter(Boolean).map((part) => ` · ${part}`).join(""))),
              ),
            ),
          );
    panel.replaceChildren(list, button(word("check_again"), () => tried(desk, this.drawFindings(panel))));
  }
}
