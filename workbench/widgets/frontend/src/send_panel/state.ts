/** What Python says of a mailing in one message ("state"). */
import type { State } from "../shared/states";

export interface Reason { state: string; sentence: string; count: number }
export interface Action { name: string; label: string; count: number; question: string; seal: string }
export interface Offer {
  seal: string; count: number; total: string; button: string; question: string; yes: string;
  numbers: { state: string; words: string }[]; left_out: Reason[]; undo: UndoWindows;
}
/** For how many minutes what is confirmed may be taken back: those to choose from, and the one chosen. */
export interface UndoWindows { chosen: number; choices: { minutes: number; words: string }[] }
export interface Progress { total: number; done: number; words: string; left: string; states: State[] }
export interface Result { states: State[]; groups: Reason[]; rows: number; corrected?: number }
/** Until when a confirmed mailing can be taken back: in seconds since 1970, beside the kernel's own time. */
export interface Waiting { until: number; now: number; words: string }
export interface Situation {
  doing: string; elsewhere: boolean; title: string; account: string; test: boolean;
  offer: Offer | null; progress: Progress | null; result: Result | null; actions: Action[];
  waiting?: Waiting | null; note: string; error: string; changed: string; outdated: boolean;
}

/** The words of the panel, by name. */
export type Say = (name: string, values?: Record<string, string | number>) => string;

/** Read what a message says of the mailing, whether it was asked for or not. */
export function situationOf({ kind: _kind, request: _request, view: _view, ...situation }: Record<string, unknown>): Situation {
  return situation as unknown as Situation;
}
