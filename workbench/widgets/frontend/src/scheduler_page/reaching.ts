/** The way from a job to the messages, which stand under it in a part of their own, and back. */

/** How often, and after how many milliseconds each time, it is seen whether the messages are drawn. */
const TRIES = 60;
const TRY_MS = 50;

const pageOf = (root: HTMLElement): Element | null => root.closest(".pw-scheduler-page");

/** Put the focus on a heading, and the heading at the head of what is in sight; tells whether it is drawn. */
export function goTo(heading: HTMLElement | null | undefined): boolean {
  if (!heading) return false;
  heading.tabIndex = -1;
  heading.focus({ preventScroll: true });
  if (heading.ownerDocument.activeElement !== heading) return false;
  heading.scrollIntoView({ block: "start" });
  return true;
}

/** Go to the messages as soon as they are drawn, unless somebody has gone elsewhere by then. */
export function goToMessages(root: HTMLElement, tries = TRIES): void {
  const from = root.ownerDocument.activeElement;
  const heading = pageOf(root)?.querySelector<HTMLElement>(".pw-preview-title");
  if (goTo(heading) || tries === 0) return;
  setTimeout(() => root.isConnected && root.ownerDocument.activeElement === from && goToMessages(root, tries - 1), TRY_MS);
}

/** Tell whether somebody is at the messages under this very page. */
export const isAtMessages = (root: HTMLElement): boolean => pageOf(root)?.querySelector(".pw-message-preview")?.contains(root.ownerDocument.activeElement) ?? false;
