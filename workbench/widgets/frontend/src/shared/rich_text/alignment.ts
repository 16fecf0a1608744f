/** How paragraphs stand between their margins; kept in their style, where mail programs read it. */
import type { Editor } from "@tiptap/core";
import type { Node } from "@tiptap/pm/model";
import { withKept, type Kept } from "./kept";
import { declarations, withProperty } from "./styles";

const aligned = (node: Node): boolean => node.type.name === "paragraph" || node.type.name === "heading";

/** Say how the selected paragraphs stand; left is what a letter does by itself. */
export function setAlignment(editor: Editor, way: string): void {
  const { state, view } = editor;
  const { tr, selection } = state;
  state.doc.nodesBetween(selection.from, selection.to, (node, at) => {
    if (!aligned(node)) return;
    const former = node.attrs["kept"] as Kept | null;
    const style = withProperty(former?.["style"] ?? "", "text-align", way === "left" ? "" : way);
    const kept = withKept(withKept(former, "align", ""), "style", style);
    tr.setNodeMarkup(at, null, { ...node.attrs, kept });
  });
  view.dispatch(tr);
  view.focus();
}

/** How the paragraph at the caret stands. */
export function alignment(editor: Editor): string {
  const { parent } = editor.state.selection.$from;
  if (!aligned(parent)) return "";
  const kept = parent.attrs["kept"] as Kept | null;
  return declarations(kept?.["style"] ?? "").get("text-align") ?? kept?.["align"]?.toLowerCase() ?? "left";
}
