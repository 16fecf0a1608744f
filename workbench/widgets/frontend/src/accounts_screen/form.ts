/** The form of one account: the address first, what follows from it proposed, the rest folded away until it is wanted. */
import { field, fold, type Choice } from "../shared/controls";
import { element } from "../shared/widget";

export type Word = (name: string, values?: Record<string, string | number>) => string;
export type Values = Record<string, unknown>;

/** An account as Python gives it; a new one has no name. */
export interface Row extends Values {
  name: string;
  email: string;
  kind: string;
  auth: string;
  kept: string;
  default: boolean;
  server: string;
  advice: string[];
  used_by: string[];
  stages: string[];
  state: { state: string; text: string; when?: string };
}

export interface Surroundings {
  signatures: string[];
  providers: Choice[];
  keeper: string;
  hours: string;
  own: { email: string; display_name: string };
}

/** What an address tells, or a provider. */
export interface Proposal extends Values {
  state: string;
  sentence: string;
  known: boolean;
  closed?: boolean;
  app_password?: boolean;
  guide?: { title: string; why: string; lines: string[] };
}

export interface Gestures {
  propose(email: string, preset: string): Promise<Proposal>;
  /** Something was typed; `values` are what differs from what is kept, without any password. */
  typed(values: Values): void;
}

type Control = HTMLInputElement | HTMLSelectElement;

const NEW: Values = {
  email: "", display_name: "", kind: "smtp", host: "", port: null, security: "tls", user: "", auth: "password", client_id: "", tenant: "",
  reply_to: "", timeout: 30, connections: 4, letters_per_connection: 100, dsn: false, folder: "", hours: "", signature: "",
  per_minute: null, per_hour: null, per_day: null, confirm: true, read_receipt: false, keep_messages: true, keep_attachments: true,
  password_env: "", preset: "", default: false,
};
const TOLD_BY_PROVIDER = ["host", "port", "security", "user", "auth"];

export class Form {
  readonly element: HTMLElement;
  private readonly controls = new Map<string, Control>();
  private readonly fields = new Map<string, HTMLElement>();
  private readonly kept: Values;
  private readonly proposal = element("div", { class: "pw-account-proposal", role: "status", "aria-live": "polite" });
  private readonly guide = element("div", {});
  private readonly passwordNote = element("p", { class: "pw-note" });
  /** Values that somebody set himself: a proposal leaves them alone. */
  private readonly own = new Set<string>();
  private told: Proposal | null = null;
  private asked = 0;

  constructor(
    readonly row: Row | null,
    private readonly around: Surroundings,
    private readonly word: Word,
    private readonly gestures: Gestures,
    draft: Values = {},
  ) {
    this.kept = { ...NEW, ...(row ?? {}) };
    const name = this.text("name", { required: true, disabled: row !== null, placeholder: word("name_hint") });
    const email = this.text("email", { type: "email", required: true, autocomplete: "off", placeholder: around.own.email });
    email.addEventListener("change", () => void this.propose());
    email.addEventListener("input", () => this.later("propose", () => void this.propose()));
    const password = this.text("password", { type: "password", autocomplete: "new-password" });
    const preset = this.select("preset", [["", word("choose_provider")], ...around.providers, ["-", word("other_provider")]]);
    preset.addEventListener("change", () => void this.propose());

    this.element = element(
      "div",
      { class: "pw-account-form" },
      element("div", { class: "pw-account-pair" }, this.field("email", email), this.field("name", name)),
      this.field("preset", preset),
      this.proposal,
      this.field("password", password),
      this.passwordNote,
      this.guide,
      this.part("server", this.summary("server"), () => [
        this.choice("kind", [["smtp", word("kind_smtp")], ["folder", word("kind_folder")], ["catcher", word("kind_catcher")]]),
        this.line("host"),
        this.line("port", { inputmode: "numeric", class: "pw-input pw-account-number" }),
        this.choice("security", ["tls", "starttls", "none"].map((one): Choice => [one, word(`security_${one}`)])),
        this.line("user"),
        this.choice("auth", [["password", word("by_password")], ["google", word("google")], ["microsoft", word("microsoft")]]),
        this.line("client_id"),
        this.line("tenant"),
        this.line("password_env"),
        this.line("folder"),
        this.line("timeout", { inputmode: "numeric" }),
        this.line("connections", { inputmode: "numeric" }),
        this.line("letters_per_connection", { inputmode: "numeric" }),
        this.tick("dsn"),
      ]),
      this.part("sender", this.summary("sender"), () => [
        this.line("display_name", { placeholder: around.own.display_name }),
        this.line("reply_to", { type: "email" }),
        this.choice("signature", [["", word("no_signature")], ...around.signatures.map((one): Choice => [one, one])]),
        this.tick("confirm"),
        this.tick("read_receipt", word("read_receipt_hint")),
        this.tick("keep_messages"),
        this.tick("keep_attachments"),
      ]),
      this.part("limits", this.summary("limits"), () => [
        ...["per_minute", "per_hour", "per_day"].map((one) => this.line(one, { inputmode: "numeric", placeholder: word("no_limit") })),
        this.line("hours", { title: word("hours_hint", { hours: around.hours || word("any_hour") }) }),
        element("p", { class: "pw-note" }, word("limits_hint"), " ", word("hours_hint", { hours: around.hours || word("any_hour") })),
      ]),
      this.tick("default", "", word("make_default")),
    );
    if (row?.default) this.control("default").disabled = true;
    for (const [key, value] of Object.entries(draft)) this.put(key, value);
    for (const key of Object.keys(draft)) this.own.add(key);
    this.fit();
    this.tellPassword();
    if (row === null) this.fields.get("preset")!.hidden = true;
    void this.propose();
  }

  /** The name of the account, as it is typed. */
  get name(): string {
    return this.row?.name ?? (this.control("name") as HTMLInputElement).value.trim();
  }

  /** What differs from what is kept, and the password if one was typed. */
  changes(): Values {
    const changed: Values = {};
    for (const [key, control] of this.controls) {
      if (key === "name") continue;
      const now = control instanceof HTMLInputElement && control.type === "checkbox" ? control.checked : control.value.trim();
      const before = this.kept[key] ?? "";
      if (key === "preset" && (now === "-" || this.told?.closed)) continue;
      if (typeof before === "boolean" ? now !== before : now !== String(before)) changed[key] = now;
    }
    // A server of one's own is reached as the form shows it, whatever the provider's would be.
    if (this.row === null && changed["host"]) changed["security"] = (this.control("security") as HTMLSelectElement).value;
    return changed;
  }

  /** The same without any secret: what may be kept as a draft. */
  draft(): Values {
    const { password: _password, ...rest } = this.changes();
    const name = this.row === null ? (this.control("name") as HTMLInputElement).value : "";
    return name ? { ...rest, name } : rest;
  }

  /** Forget the password that was typed, wherever it went. */
  forget(): void {
    (this.control("password") as HTMLInputElement).value = "";
  }

  /** Say nothing more: another form has taken its place. */
  close(): void {
    for (const timer of this.timers.values()) clearTimeout(timer);
  }

  /** Put the focus where one begins. */
  begin(): void {
    this.control("email").focus();
  }

  /** What an address told last. */
  get proposed(): Proposal | null {
    return this.told;
  }

  /** Open the steps that the provider wants. */
  showGuide(): void {
    const head = this.guide.querySelector<HTMLButtonElement>(".pw-fold-head");
    if (head?.getAttribute("aria-expanded") === "false") head.click();
  }

  // --- controls ---------------------------------------------------------------------------------------------

  private control(key: string): Control {
    return this.controls.get(key) as Control;
  }

  private put(key: string, value: unknown): void {
    const control = this.controls.get(key);
    if (control === undefined) return;
    if (control instanceof HTMLInputElement && control.type === "checkbox") control.checked = Boolean(value);
    else control.value = String(value ?? "");
  }

  private register<C extends Control>(key: string, control: C): C {
    this.controls.set(key, control);
    control.dataset["key"] = key;
    this.put(key, this.kept[key] ?? "");
    control.addEventListener("input", () => {
      this.own.add(key);
      this.later("typed", () => this.gestures.typed(this.draft()));
    });
    control.addEventListener("change", () => {
      this.own.add(key);
      this.fit();
      this.gestures.typed(this.draft());
    });
    return control;
  }

  private readonly timers = new Map<string, ReturnType<typeof setTimeout>>();

  /** Do something once nobody has typed for a moment. */
  private later(what: string, call: () => void): void {
    clearTimeout(this.timers.get(what));
    this.timers.set(what, setTimeout(call, 400));
  }

  private text(key: string, attributes: Values = {}): HTMLInputElement {
    return this.register(key, element("input", { type: "text", class: "pw-input", spellcheck: "false", ...attributes }));
  }

  private select(key: string, choices: Choice[]): HTMLSelectElement {
    const made = element("select", { class: "pw-input" }, ...choices.map(([value, label]) => element("option", { value }, label)));
    return this.register(key, made);
  }

  private field(key: string, control: HTMLElement): HTMLElement {
    const made = field(this.word(key), control);
    this.fields.set(key, made);
    return made;
  }

  private line(key: string, attributes: Values = {}): HTMLElement {
    return this.field(key, this.text(key, attributes));
  }

  private choice(key: string, choices: Choice[]): HTMLElement {
    return this.field(key, this.select(key, choices));
  }

  private tick(key: string, hint = "", label = this.word(key)): HTMLElement {
    const box = this.register(key, element("input", { type: "checkbox" }));
    const made = element("div", { class: "pw-field" }, element("label", { class: "pw-account-tick" }, box, label), hint !== "" && element("p", { class: "pw-note" }, hint));
    this.fields.set(key, made);
    return made;
  }

  private part(name: string, summary: string, parts: () => HTMLElement[]): HTMLElement {
    // Its controls are all there from the start: what is typed is one form, open or not.
    const made = element("div", { class: "pw-account-part" }, ...parts());
    return fold(this.word(name), summary, false, () => undefined, () => [made]);
  }

  private summary(name: string): string {
    const row = this.row;
    if (row === null) return name === "server" ? this.word("automatic") : "";
    if (name === "server") return row.server;
    if (name === "sender") return [row["display_name"], row["signature"]].filter(Boolean).join(" · ");
    return ["per_minute", "per_hour", "per_day"].filter((one) => row[one]).map((one) => this.word(`most_${one}`, { count: Number(row[one]) })).join(" · ");
  }

  // --- what follows from what -------------------------------------------------------------------------------

  /** Show what belongs to this kind of account and this way to log in, and nothing else. */
  private fit(): void {
    const value = (key: string): string => (this.control(key) as HTMLInputElement).value;
    const smtp = value("kind") === "smtp";
    const tokens = smtp && value("auth") !== "password";
    const show = (keys: string[], shown: boolean): void => keys.forEach((key) => (this.fields.get(key)!.hidden = !shown));
    show(["host", "port", "security", "user", "auth", "timeout", "connections", "letters_per_connection", "dsn"], smtp);
    show(["client_id"], tokens);
    show(["tenant"], tokens && value("auth") === "microsoft");
    show(["password", "password_env"], smtp && !tokens);
    show(["folder"], value("kind") === "folder");
    this.passwordNote.hidden = !smtp || tokens;
    this.proposal.hidden = !smtp;
    this.guide.hidden = !smtp;
  }

  private async propose(): Promise<void> {
    const email = (this.control("email") as HTMLInputElement).value.trim();
    const chosen = (this.control("preset") as HTMLSelectElement).value;
    const number = (this.asked += 1);
    if (email === "" && chosen === "") {
      this.proposal.replaceChildren();
      this.guide.replaceChildren();
      return;
    }
    const told = await this.gestures.propose(email, chosen === "-" ? "" : chosen);
    if (number !== this.asked) return;
    this.told = told;
    const provider = this.fields.get("preset")!;
    // A practice's own domain does not tell who hosts it: somebody does, once.
    if (!told.known && !told.closed && this.row === null && told.state === "doubt") provider.hidden = false;
    else if (chosen === "") provider.hidden = true;
    if (this.row === null && told.known) {
      for (const key of TOLD_BY_PROVIDER) if (!this.own.has(key)) this.suggest(key, told[key]);
      this.fit();
    }
    this.draw(told);
  }

  /** Show in an empty field what would be taken; a choice is made. */
  private suggest(key: string, value: unknown): void {
    const control = this.control(key);
    if (control instanceof HTMLSelectElement) {
      control.value = String(value ?? "");
      // What is proposed counts as kept: only what differs from it is said.
      if (key !== "auth") this.kept[key] = control.value;
    } else control.placeholder = String(value ?? "");
  }

  private draw(told: Proposal): void {
    // What holds of an account that is there is said by its advice.
    const sign = { good: "✓", bad: "✕", doubt: "?" }[told.state] ?? "";
    const sentence = this.row === null || told.state === "bad" ? told.sentence : "";
    this.proposal.replaceChildren(...(sentence ? [element("p", { class: `pw-account-told pw-account-${told.state}` }, `${sign} ${sentence}`)] : []));
    this.tellPassword();
    const open = this.guide.querySelector(".pw-fold-head")?.getAttribute("aria-expanded") === "true";
    this.guide.replaceChildren(...(told.guide ? [this.steps(told.guide, open || Boolean(told.app_password && this.row === null))] : []));
  }

  private steps(guide: NonNullable<Proposal["guide"]>, open: boolean): HTMLElement {
    const line = (text: string): HTMLElement => element("li", {}, text.replace(/^\d+\. /, ""));
    const split = guide.lines.indexOf("");
    const first = split < 0 ? guide.lines : guide.lines.slice(0, split);
    const other = split < 0 ? [] : guide.lines.slice(split + 1);
    return fold(this.word("button_help"), guide.title, open, () => undefined, () => [
      element(
        "div",
        { class: "pw-account-guide" },
        element("p", {}, element("strong", {}, guide.title)),
        element("p", {}, guide.why),
        element("ol", {}, ...first.map(line)),
        ...(other.length > 0 ? [element("p", {}, other[0] ?? ""), element("ol", {}, ...other.slice(1).map(line))] : []),
      ),
    ]);
  }

  private tellPassword(): void {
    const { word, row } = this;
    const label = this.fields.get("password")!.querySelector("label")!;
    label.textContent = word(this.told?.app_password ? "app_password" : "password");
    const said = row?.kept ? word("password_kept", { kept: row.kept }) : this.told?.app_password ? word("app_password_hint") : row && !row["password_env"] && row["user"] ? word("no_password") : "";
    this.passwordNote.replaceChildren([said, this.around.keeper].filter(Boolean).join(" "));
  }
}
