/** A widget's surroundings without a kernel: a model whose questions are answered by the test. */
import type { Model, Scene } from "../src/shared/widget";

export type Message = Record<string, unknown> & { kind: string };

export class FakeModel implements Model {
  /** Everything the widget sent, in order. */
  readonly sent: Message[] = [];
  private readonly listeners = new Map<string, Set<(...values: never[]) => void>>();

  constructor(
    private readonly traits: Record<string, unknown>,
    private readonly answer: (message: Message) => Record<string, unknown> = () => ({}),
  ) {}

  get(name: string): unknown {
    return this.traits[name];
  }
  set(name: string, value: unknown): void {
    this.traits[name] = value;
  }
  save_changes(): void {}
  on(event: string, callback: (...values: never[]) => void): void {
    this.listeners.set(event, (this.listeners.get(event) ?? new Set()).add(callback));
  }
  off(event: string, callback?: (...values: never[]) => void): void {
    if (callback) this.listeners.get(event)?.delete(callback);
  }
  send(content: unknown): void {
    const message = content as Message;
    this.sent.push(message);
    if ("request" in message) {
      const answered = { kind: "answer", request: message["request"], view: message["view"], ...this.answer(message) };
      queueMicrotask(() => this.say(answered));
    }
  }
  /** Say something to the widget, as Python does. */
  say(message: Record<string, unknown>, buffers: DataView[] = []): void {
    for (const callback of this.listeners.get("msg:custom") ?? []) (callback as (...values: unknown[]) => void)(message, buffers);
  }
  /** How many listen still; none after a view is gone. */
  listening(): number {
    return [...this.listeners.values()].reduce((sum, callbacks) => sum + callbacks.size, 0);
  }
}

/** Show a widget in a page and give what is around it. */
export async function show(
  widget: { render(scene: Scene): (() => void) | void },
  model: FakeModel,
): Promise<{ el: HTMLElement; close: () => void }> {
  const el = document.createElement("div");
  document.body.append(el);
  const close = widget.render({ model, el });
  await settled();
  return {
    el,
    close: () => {
      close?.();
      el.remove();
    },
  };
}

/** Wait until questions asked so far are answered and shown. */
export async function settled(): Promise<void> {
  for (let turn = 0; turn < 5; turn += 1) await Promise.resolve();
}
