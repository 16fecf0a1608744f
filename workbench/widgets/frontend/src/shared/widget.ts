/** What every widget shares: its model, its words, its keys, and elements made without markup. */

/** The part of anywidget's model that the widgets use. */
export interface Model {
  get(name: string): unknown;
  set(name: string, value: unknown): void;
  save_changes(): void;
  on(event: string, callback: (...values: never[]) => void): void;
  off(event: string, callback?: (...values: never[]) => void): void;
  send(content: unknown, callbacks?: unknown, buffers?: ArrayBuffer[] | ArrayBufferView[]): void;
}

export interface Scene {
  model: Model;
  el: HTMLElement;
}

/**
 * Keep keys typed inside a widget from JupyterLab, whose shortcuts insert and delete cells while a button has the focus.
 * Ctrl+S still saves the notebook.
 */
export function keepKeys(root: HTMLElement): void {
  for (const kind of ["keydown", "keyup", "keypress"] as const) {
    root.addEventListener(kind, (event) => {
      const saving = (event.ctrlKey || event.metaKey) && !event.altKey && event.key.toLowerCase() === "s";
      if (!saving) event.stopPropagation();
    });
  }
}

/** Return the root element of a widget's view, ready for its parts. */
export function rootOf({ model, el }: Scene, name: string): HTMLElement {
  // It takes the focus of a click on plain text: what is typed then is for nobody, least of all for JupyterLab.
  const root = element("section", { class: `pw pw-${name}`, tabindex: "-1" });
  const language = model.get("language");
  if (typeof language === "string" && language !== "") root.lang = language;
  keepKeys(root);
  el.append(root);
  return root;
}

/**
 * Give a word in the practice's language, its `{names}` filled in. An unknown one shows its own name, to be seen. Where
 * Python gave a form for one beside it (`by_number`), the `count` chooses as the language counts: in French none is one.
 */
export function words(model: Model): (name: string, values?: Record<string, string | number>) => string {
  return (name, values = {}) => {
    const known = model.get("words") as Record<string, string> | undefined;
    const one = known?.[`${name}.one`];
    const chosen = one !== undefined && new Intl.PluralRules(String(model.get("language") || "fr")).select(Number(values["count"])) === "one";
    return ((chosen ? one : known?.[name]) ?? name).replace(/\{(\w+)\}/g, (whole, key: string) => String(values[key] ?? whole));
  };
}

type Child = Node | string | null | undefined | false;

/** Make an element; text is always text, never markup. Names that start with `on` are listeners. */
export function element<K extends keyof HTMLElementTagNameMap>(
  tag: K,
  attributes: Record<string, unknown> = {},
  ...children: Child[]
): HTMLElementTagNameMap[K] {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (name.startsWith("on")) made.addEventListener(name.slice(2), value as EventListener);
    else if (value === true) made.setAttribute(name, "");
    else if (value !== false && value !== null && value !== undefined) made.setAttribute(name, String(value));
  }
  made.append(...children.filter((child): child is Node | string => child !== null && child !== undefined && child !== false));
  return made;
}

/** Listen to a trait; the returned function stops it. */
export function watch(model: Model, names: string[], callback: () => void): () => void {
  for (const name of names) model.on(`change:${name}`, callback);
  return () => {
    for (const name of names) model.off(`change:${name}`, callback);
  };
}

/** Hear the messages of one kind that Python sends to every view; the returned function stops it. */
export function hear(model: Model, callback: (message: { kind: string; [key: string]: unknown }, buffers: DataView[]) => void): () => void {
  model.on("msg:custom", callback as never);
  return () => model.off("msg:custom", callback as never);
}

export interface Answer {
  message: Record<string, unknown>;
  buffers: DataView[];
}

/** A question that waits longer than this is told of: the kernel may be gone. */
export const SILENT_AFTER_MS = 5000;

/** An answer that waits longer than this is lost for whoever asks again and again: the next question goes out. */
export const LOST_AFTER_MS = 30_000;

/** What Python says instead of an answer: a sentence for the person who asked. */
export class Refusal extends Error {}

/** Read what Python refused as its sentence; anything else is a mistake of the page's own. */
export function sentenceOf(refusal: unknown): string {
  if (refusal instanceof Refusal) return refusal.message;
  throw refusal;
}

/**
 * Ask Python and wait for its answer; answers carry the number of their question.
 *
 * An answer that holds nothing but an `error` rejects its question with a `Refusal`. `onsilence` hears `true` when a question has waited too long (a kernel that is gone never answers, one that works on
 * something else answers late), and `false` at the next answer.
 */
export class Questions {
  private number = 0;
  private silent = false;
  private readonly waiting = new Map<
    number,
    { answered: (answer: Answer) => void; refused: (refusal: Refusal) => void; timer: ReturnType<typeof setTimeout> | undefined }
  >();
  private readonly stop: () => void;
  readonly view = Math.random().toString(36).slice(2);

  constructor(
    private readonly model: Model,
    private readonly onsilence?: (silent: boolean) => void,
  ) {
    this.stop = hear(model, (message, buffers) => {
      if (message["view"] !== this.view) return;
      const request = message["request"] as number;
      const asked = this.waiting.get(request);
      if (!asked) return;
      this.waiting.delete(request);
      clearTimeout(asked.timer);
      this.hush(false);
      const { kind: _kind, request: _request, view: _view, ...content } = message;
      const error = content["error"];
      if (typeof error === "string" && Object.keys(content).length === 1) asked.refused(new Refusal(error));
      else asked.answered({ message, buffers });
    });
  }

  /** Ask, with bytes beside the question where there are any. */
  ask(kind: string, question: Record<string, unknown> = {}, buffers?: ArrayBuffer[]): Promise<Answer> {
    const request = (this.number += 1);
    return new Promise((answered, refused) => {
      const timer = this.onsilence && setTimeout(() => this.hush(true), SILENT_AFTER_MS);
      this.waiting.set(request, { answered, refused, timer });
      try {
        if (buffers === undefined) this.model.send({ kind, request, view: this.view, ...question });
        else this.model.send({ kind, request, view: this.view, ...question }, undefined, buffers);
      } catch {
        // The kernel this view was made by is gone; it will never answer.
        clearTimeout(timer);
        this.hush(true);
      }
    });
  }

  close(): void {
    this.stop();
    for (const { timer } of this.waiting.values()) clearTimeout(timer);
    this.waiting.clear();
  }

  private hush(silent: boolean): void {
    if (silent === this.silent) return;
    this.silent = silent;
    this.onsilence?.(silent);
  }
}

/** The line in which a view says what was refused, or, without alarm, that the answer is waited for. */
export function alertLine(): { alert: HTMLElement; say: (sentence: string, waits?: boolean) => void } {
  const alert = element("p", { class: "pw-alert", role: "alert", hidden: true });
  const say = (sentence: string, waits = false): void => {
    alert.textContent = sentence && !waits ? `✕ ${sentence}` : sentence;
    alert.classList.toggle("pw-waits", waits);
    alert.hidden = sentence === "";
  };
  return { alert, say };
}

/** The questions of a view, and the line in which it says what was refused, or that nobody answers. */
export function questionsWithAlert(
  model: Model,
  word: (name: string) => string,
): { alert: HTMLElement; say: (sentence: string) => void; questions: Questions } {
  const { alert, say } = alertLine();
  return { alert, say, questions: new Questions(model, (silent) => say(silent ? word("silent") : "", silent)) };
}
