/** Finding words in a transcript, whatever their accents and case. Pure. */

/** A text in pieces; those that were looked for are marked. */
export interface Piece {
  text: string;
  found: boolean;
}

/** Letter for letter, so that places in both are the same. */
function plain(text: string): string {
  return Array.from(text, (letter) => {
    const bare = letter
      .normalize("NFD")
      .replace(/\p{Diacritic}/gu, "")
      .toLowerCase();
    return bare.length === letter.length ? bare : letter;
  }).join("");
}

/** null: the text has none of it. */
export function piecesOf(text: string, wanted: string): Piece[] | null {
  const words = plain(wanted.trim());
  if (words === "") return [{ text, found: false }];
  const where = plain(text);
  const pieces: Piece[] = [];
  let from = 0;
  for (let at = where.indexOf(words); at >= 0; at = where.indexOf(words, from)) {
    if (at > from) pieces.push({ text: text.slice(from, at), found: false });
    pieces.push({ text: text.slice(at, at + words.length), found: true });
    from = at + words.length;
  }
  if (from === 0) return null;
  if (from < text.length) pieces.push({ text: text.slice(from), found: false });
  return pieces;
}
