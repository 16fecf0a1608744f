/** The fields that may be written, as they are offered: by their code, and found by what somebody types of them. */

export interface Field {
  code: string;
  label: string;
  category: string;
  /** Its value for the patient in sight. */
  example: string;
  /** Other codes that mean the same. */
  aliases?: string[];
  /** Whether it tells of what the rows are: of the appointment, where appointments are written about. */
  own?: boolean;
}

/** Compare words without accents or case, blanks and apostrophes as a keyboard has them. */
export const folded = (text: string): string =>
  text.replace(/[\u00a0\u202f]/g, " ").replace(/’/g, "'").normalize("NFD").replace(/\p{M}/gu, "").replace(/œ/gi, "oe").replace(/æ/gi, "ae").toLowerCase();

/** How well a field goes with what was typed: 0 is best, nothing where it does not at all. */
function rank(field: Field, typed: string): number | undefined {
  const code = field.code.toLowerCase();
  const label = folded(field.label);
  // « @date » about an appointment means the appointment's; « @DATE » is a code as it stands.
  if (field.own && label.startsWith(typed)) return 0;
  if (code === typed) return 1;
  if (code.startsWith(typed)) return 2;
  if (label.startsWith(typed)) return 3;
  if (label.split(/[^\p{L}\p{N}]+/u).some((word) => word.startsWith(typed))) return 4;
  return code.includes(typed) || label.includes(typed) ? 5 : undefined;
}

export class Fields {
  all: Field[] = [];
  private codes = new Map<string, Field>();
  private readonly watching = new Set<() => void>();
  private shown = false;

  /** Whether chips show codes in place of labels. */
  get showCodes(): boolean {
    return this.shown;
  }
  set showCodes(shown: boolean) {
    this.shown = shown;
    this.tell();
  }

  offer(all: Field[]): void {
    this.all = all;
    this.codes = new Map(all.flatMap((field) => [field.code, ...(field.aliases ?? [])].map((code) => [code, field] as const)));
    this.tell();
  }

  readonly known = (code: string): boolean => this.codes.has(code);

  of(code: string): Field | undefined {
    return this.codes.get(code);
  }

  /** What a chip of a field says. */
  labelOf(code: string): string {
    return this.shown ? `@${code}` : (this.codes.get(code)?.label ?? `@${code}`);
  }

  /** The fields that go with what was typed, the best first. */
  matching(typed: string): Field[] {
    const wanted = folded(typed);
    if (wanted === "") return this.all;
    const exact = this.codes.get(typed);
    const ranked = this.all.map((field) => [field === exact ? -1 : rank(field, wanted), field] as const).filter(([at]) => at !== undefined);
    return ranked.sort(([one], [other]) => (one as number) - (other as number)).map(([, field]) => field);
  }

  /** Whether words that somebody goes on with still begin a label, or a part of one. */
  goesOn(words: string): boolean {
    const wanted = ` ${folded(words)}`;
    return this.all.some((field) => ` ${folded(field.label)}`.includes(wanted));
  }

  /** Be told when other fields are offered, or shown otherwise; the returned function stops it. */
  watch(callback: () => void): () => void {
    this.watching.add(callback);
    return () => this.watching.delete(callback);
  }

  private tell(): void {
    for (const callback of this.watching) callback();
  }
}
