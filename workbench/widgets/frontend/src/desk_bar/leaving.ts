/** Where somebody stood on each page of the desk when they left it, so that the way back leads to that very place. */

/** For how long a page that is met again may draw itself anew. */
const DRAWING_MS = 3000;
const LOOK_MS = 60;

interface Stand {
  element: HTMLElement;
  /** What names it, where it is drawn anew: an attribute and its value. */
  name: [attribute: string, value: string] | undefined;
}

export class Leaving {
  private stood: Stand | undefined;
  private readonly left = new Map<string, Stand>();
  private wanted = "";
  private looking: ReturnType<typeof setInterval> | undefined;

  constructor(
    private readonly bar: HTMLElement,
    private page: string,
  ) {
    document.addEventListener("focusin", this.follow, { capture: true });
    document.addEventListener("click", this.follow, { capture: true });
    for (const event of ["keydown", "pointerdown"]) document.addEventListener(event, this.stop, { capture: true });
  }

  /** Another page was asked for: the way back to `page`, or none. */
  going(page: string): void {
    this.wanted = page;
  }

  /** Another page is shown. */
  turned(page: string): void {
    if (page === this.page) return;
    if (this.stood) this.left.set(this.page, this.stood);
    this.stood = undefined;
    this.page = page;
    const stand = page === this.wanted ? this.left.get(page) : undefined;
    this.wanted = "";
    if (stand) this.comeBack(stand);
  }

  close(): void {
    this.stop();
    document.removeEventListener("focusin", this.follow, { capture: true });
    document.removeEventListener("click", this.follow, { capture: true });
    for (const event of ["keydown", "pointerdown"]) document.removeEventListener(event, this.stop, { capture: true });
  }

  private readonly follow = (event: Event): void => {
    const element = (event.target as HTMLElement | null)?.closest?.<HTMLElement>("button, a, input, select, textarea, [tabindex]");
    if (!element || this.bar.contains(element) || !element.closest(".pw")) return;
    const name = ["data-key", "data-name", "id"].map((one): [string, string] => [one, element.getAttribute(one) ?? ""]).find(([, value]) => value !== "");
    this.stood = { element, name };
  };

  private readonly stop = (): void => clearInterval(this.looking);

  /** Give the focus back as soon as the place is in sight, and again where it is drawn anew. */
  private comeBack(stand: Stand): void {
    const until = Date.now() + DRAWING_MS;
    let met = false;
    const look = (): void => {
      if (Date.now() > until) return this.stop();
      const lost = !document.activeElement || document.activeElement === document.body || this.bar.contains(document.activeElement);
      if (met && !lost) return;
      const place = this.placeOf(stand);
      if (!place) return;
      place.focus();
      met = document.activeElement === place;
    };
    this.stop();
    this.looking = setInterval(look, LOOK_MS);
    look();
  }

  private placeOf({ element, name }: Stand): HTMLElement | undefined {
    const named = name ? [...document.querySelectorAll<HTMLElement>(`[${name[0]}="${CSS.escape(name[1])}"]`)] : [];
    return [element, ...named].find((one) => one.isConnected && (one.checkVisibility?.() ?? true));
  }
}
