/** Children in an order, of which those that stay are left where they are. */

/** Have these children in this order; one that stays is not taken out, so that what is read in it stays as it was. */
export function placed(parent: HTMLElement, wanted: HTMLElement[]): void {
  const staying = new Set<Element>(wanted);
  for (const child of [...parent.children]) if (!staying.has(child)) child.remove();
  wanted.forEach((child, place) => {
    const there = parent.children[place];
    if (there === child) return;
    // What moves to a later place steps out, rather than that all after it be moved.
    if (there && parent.children[place + 1] === child) there.remove();
    else parent.insertBefore(child, there ?? null);
  });
}
