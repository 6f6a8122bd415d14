/** Whether this page may move the focus by itself. In a frame that would take it out of the page around it, from under
 * somebody who writes there: the frame moves it only while it has it. */
export function mayTakeFocus(): boolean {
  return window.parent === window || document.hasFocus();
}
