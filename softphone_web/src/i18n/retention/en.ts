/** What is kept of calls, until when, and what somebody erases by hand. */
export const retentionEn = {
  shelves: "How much goes when",
  policy:
    "When something goes is set when its call ends, by the policy of that moment. Changing a policy changes nothing that is already kept.",
  nothing: "For each number, what is kept of it and for how long is here.",
  columns: {
    place: "Number and department",
    thing: "What",
    kept: "Kept",
    day: "In 24 h",
    week: "In 7 days",
    month: "In 30 days",
    held: "On hold",
    for_good: "For good",
  },
  things: { recording: "Recording", message: "Voice message", meta: "Meta's recording" },
  many: { recordings: "Recordings", messages: "Voice messages" },
  kept: "Kept {{days}}",
  noDepartment: "no department",
  forEver: "for ever",
  days: "{{n}} days",
  bothDays: "in: {{inbound}} · out: {{outbound}}",
  change: "Change the policy of {{name}}",
  next: "What goes next",
  nextHint:
    "Erased by itself, the next first; every erasure is in the audit. What is on hold stays until somebody lifts it.",
  nextNone: "When a recording or a message has a date on which it goes, or is held, it is here before it is gone.",
  more: "Only the first {{n}} are shown.",
  due: "Goes {{when}}",
  overdue: "Goes within minutes",
  never: "Does not go by itself",
  held: "On legal hold",
  heldWithRecording: "On hold with the call's recording",
  call: "Open the call",
  hold: "Hold",
  holdOf: "Put it under legal hold: nothing erases it until somebody lifts that",
  letGo: "Lift the hold",
  letGoOf: "Lift the legal hold: it goes when its time is over",
  erase: "Erase",
  eraseOf: { recording: "Erase the recording", message: "Erase the voice message" },
  sure: {
    recording:
      "The recording, its transcript and its summary go for good. That there was one stays in the call, and who erased it in the audit.",
    message:
      "The voice message goes for good; nobody can hear it again. That there was one stays, and who erased it in the audit.",
  },
  yes: "Erase for good",
  onHold: "Not erased: it is on legal hold. Lift that first, under System, Retention.",
  inCall: "Not erased: the call is still up.",
  forget: {
    button: "Forget this customer",
    sure: "Name, numbers, recordings, voice messages, transcripts, summaries and notes of {{name}} go for good, everywhere. The calls stay counted, and nobody can tell whose they were. This cannot be undone.",
    yes: "Forget for good",
    onHold:
      "Not forgotten: a recording or voice message of theirs is on legal hold. Lift that first, under System, Retention.",
    inCall: "Not forgotten: they are in a call. Try again when it is over.",
  },
};
