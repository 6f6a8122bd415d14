/** A waveform from the server's peaks: what to draw, and where nobody speaks. Pure. */

/** Pairs of minimum and maximum, -128 to 127. */
export type Outline = Int8Array;

export interface Silence {
  from_s: number;
  to_s: number;
}

const QUIET = 3; // of 128: some 32 dB below full scale
const SHORTEST_S = 1.5;

export function decodePeaks(base64: string): Outline {
  return Int8Array.from(atob(base64), (char) => char.charCodeAt(0));
}

/** An SVG path of one lane: `columns` wide, 100 high, the line of silence at 50. */
export function lanePath(outline: Outline, columns: number): string {
  const parts = outline.length / 2;
  if (parts === 0) return "";
  const top: string[] = [];
  const bottom: string[] = [];
  for (let column = 0; column < columns; column++) {
    const first = Math.floor((column * parts) / columns);
    const last = Math.max(first + 1, Math.floor(((column + 1) * parts) / columns));
    let low = 0;
    let high = 0;
    for (let part = first; part < last; part++) {
      low = Math.min(low, outline[2 * part] ?? 0);
      high = Math.max(high, outline[2 * part + 1] ?? 0);
    }
    // Speech fills half of the range: twice as high, and never less than a line.
    top.push(`${column} ${(50 - Math.max(1, Math.min(50, high * 0.7))).toFixed(1)}`);
    bottom.push(`${column} ${(50 + Math.max(1, Math.min(50, -low * 0.7))).toFixed(1)}`);
  }
  return `M${top.join("L")}L${bottom.reverse().join("L")}Z`;
}

/** Where neither side is heard for a while. */
export function silencesOf(sides: readonly Outline[], duration_s: number): Silence[] {
  const parts = Math.min(...sides.map((side) => side.length / 2));
  if (!Number.isFinite(parts) || parts === 0) return [];
  const found: Silence[] = [];
  let begins = 0;
  for (let part = 0; part <= parts; part++) {
    const heard = part === parts || sides.some((side) => loudness(side, part) > QUIET);
    if (!heard) continue;
    const silence = { from_s: (begins * duration_s) / parts, to_s: (part * duration_s) / parts };
    if (silence.to_s - silence.from_s >= SHORTEST_S) found.push(silence);
    begins = part + 1;
  }
  return found;
}

const LEAD_S = 0.3;

/** Where to go on when silence is skipped; null: here is something to hear. A breath is left at both ends. */
export function pastSilence(silences: readonly Silence[], at_s: number): number | null {
  const here = silences.find((silence) => at_s >= silence.from_s + LEAD_S && at_s < silence.to_s - 2 * LEAD_S);
  return here === undefined ? null : here.to_s - LEAD_S;
}

function loudness(side: Outline, part: number): number {
  return Math.max(Math.abs(side[2 * part] ?? 0), Math.abs(side[2 * part + 1] ?? 0));
}
