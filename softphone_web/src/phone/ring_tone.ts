/** One turn of the ringing tone: two soft two-note chimes, then a pause. Pure: samples between -1 and 1. */
const TURN_S = 3.2;
const NOTES: readonly { at_s: number; hertz: number }[] = [
  { at_s: 0.0, hertz: 659.25 },
  { at_s: 0.16, hertz: 880.0 },
  { at_s: 0.62, hertz: 659.25 },
  { at_s: 0.78, hertz: 880.0 },
];
const LOUDNESS = 0.28;
const ATTACK_S = 0.006;
const DECAY_S = 0.22;
const SOUNDS_FOR_S = 1.4;

export function ringToneTurn(samplesPerSecond: number): Float32Array<ArrayBuffer> {
  const samples = new Float32Array(Math.round(TURN_S * samplesPerSecond));
  for (const { at_s, hertz } of NOTES) {
    const start = Math.round(at_s * samplesPerSecond);
    const end = Math.min(samples.length, start + Math.round(SOUNDS_FOR_S * samplesPerSecond));
    for (let i = start; i < end; i++) {
      const t = (i - start) / samplesPerSecond;
      const envelope = Math.min(1, t / ATTACK_S) * Math.exp(-t / DECAY_S);
      const phase = 2 * Math.PI * hertz * t;
      // The octave above, shorter, gives the chime its bell.
      const voice = Math.sin(phase) + 0.35 * Math.sin(2 * phase) * Math.exp(-t / (DECAY_S / 3));
      samples[i] = (samples[i] ?? 0) + LOUDNESS * envelope * voice;
    }
  }
  return samples;
}
