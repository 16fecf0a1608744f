/** Where somebody stood on each page of the desk when they left it, so that the way back leads to that very place, or else to the page's heading. */

/** For how long a page that is met again may draw itself anew. */
const DRAWING_MS = 3000;
const LOOK_MS = 60;
/** How many places of a page are remembered: the last ones may be of the page that came next, or be gone. */
const STANDS_MOST = 8;

interface Stand {
  element: HTMLElement;
  /** What names it, where it is drawn anew: an attribute and its value. */
  name: [attribute: string, value: string] | undefined;
}

export class Leaving {
  private stood: Stand[] = [];
  private readonly left = new Map<string, Stand[]>();
  private wanted = "";
  /** What was in sight when the way back was asked for: the page that is left. */
  private behind: HTMLElement[] = [];
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
    this.behind = page === "" ? [] : this.inSight();
  }

  /** Another page is shown. */
  turned(page: string): void {
    if (page === this.page) return;
    this.left.set(this.page, this.stood);
    this.stood = [];
    this.page = page;
    const stands = page === this.wanted ? this.left.get(page) ?? [] : undefined;
    this.wanted = "";
    if (stands) this.comeBack(stands);
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
    this.stood = [{ element, name }, ...this.stood.filter((one) => one.element !== element)].slice(0, STANDS_MOST);
  };

  private readonly stop = (): void => clearInterval(this.looking);

  /** Give the focus back as soon as the place is in sight, and again where it is drawn anew; until then to the page's heading. */
  private comeBack(stands: Stand[]): void {
    const until = Date.now() + DRAWING_MS;
    let met = false;
    let heading: HTMLElement | undefined;
    const look = (): void => {
      if (Date.now() > until) return this.stop();
      const now = document.activeElement;
      const lost = !now || now === document.body || now === heading || this.bar.contains(now);
      if (met && !lost) return;
      const place = this.placeOf(stands);
      if (place) {
        place.focus();
        met = document.activeElement === place;
      } else if (lost && !heading?.isConnected) {
        heading = this.heading();
        heading?.focus();
      }
    };
    this.stop();
    this.looking = setInterval(look, LOOK_MS);
    look();
  }

  /** The last place that is there, or that can be drawn anew. */
  private placeOf(stands: Stand[]): HTMLElement | undefined {
    const last = stands.find(({ element, name }) => name !== undefined || shows(element));
    if (!last) return undefined;
    const { element, name } = last;
    const named = name ? [...document.querySelectorAll<HTMLElement>(`[${name[0]}="${CSS.escape(name[1])}"]`)] : [];
    return [element, ...named].find(shows);
  }

  /** The heading of the page that has come, or the whole of it. */
  private heading(): HTMLElement | undefined {
    const parts = this.inSight().filter((one) => !this.behind.includes(one));
    const heading = parts.flatMap((one) => [...one.querySelectorAll<HTMLElement>("h2, h3, h4")]).find(shows) ?? parts[0];
    if (heading && !heading.hasAttribute("tabindex")) heading.tabIndex = -1;
    return heading;
  }

  /** The parts of the page that is shown. */
  private inSight(): HTMLElement[] {
    const desk = this.bar.closest(".pw-desk") ?? document;
    return [...desk.querySelectorAll<HTMLElement>(".pw")].filter((one) => !this.bar.contains(one) && !one.contains(this.bar) && shows(one));
  }
}

function shows(element: HTMLElement): boolean {
  return element.isConnected && (element.checkVisibility?.() ?? true);
}
