/** What Python says of jobs, and the words of the page. */
import type { Choice } from "../shared/controls";
import type { Parameter } from "../shared/parameters";

export type Word = (name: string, values?: Record<string, string | number>) => string;
export type Look = [kind: string, sign: string, words: string];

/** What somebody sets of a job, as `Jobs.add` takes it. */
export interface Settings {
  title: string;
  treatment: string;
  search: string;
  notebook: string;
  every: string;
  time: string;
  on: string;
  start: string;
  until: string;
  active: boolean;
  host: string;
  parameters: Record<string, string>;
  template: string;
  account: string;
  missed: string;
  late_until: string;
  approvers: string[] | string;
  approve_by: string;
  role: string;
  revision: number;
  within_hours: boolean;
  not_on_closed_days: boolean;
  told: string;
  [other: string]: unknown;
}

export interface Line {
  key: string;
  title: string;
  recurrence: string;
  state: Look;
  trouble: string;
  active: boolean;
  /** Whether something of it waits for the person who looks. */
  mine: boolean;
}

export interface Choices {
  treatments: Choice[];
  searches: Choice[];
  notebooks: string[];
  templates: Choice[];
  roles: Choice[];
  accounts: Choice[];
  practitioners: Choice[];
  hosts: Choice[];
  people: string[];
}

export interface Next {
  when: string;
  days: string;
  note: string;
}

export interface Run {
  when: string;
  found: number | null;
  sent: number | null;
  not_sent: number | null;
  state: Look;
  sentence: string;
  /** The number of a run that left an executed notebook, and where that one is in the workspace. */
  run: string;
  copy: string;
}

export interface Waiting {
  mailing: number;
  when: string;
  told: string;
  until: string;
  may: boolean;
  note: string;
  question: string;
}

/** What the settings of a form mean. */
export interface Looked {
  problems: Record<string, string>;
  next: Next[];
  ends: boolean;
  /** What the search can be asked; nothing while that is not known. */
  asks: { name: string; kind: string; label: string }[] | null;
  /** What it asks beside what the form offers, as a sentence. */
  also?: string;
  /** The parameters of its notebook: what the notebook says itself, and the real day at the next time. */
  parameters?: (Parameter & { own: string; day: string })[];
  /** The versions of its email type that it may send. */
  revisions?: Choice[];
  waiting?: Waiting[] | undefined;
  log?: Run[] | undefined;
}

export interface Replayed {
  rows: { when: string; days: string; leave: number; again: number; left: number }[];
  sentence: string;
  note: string;
}
