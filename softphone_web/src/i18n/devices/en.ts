/** Numbers that are connected by QR code. */
export const devicesEn = {
  title: "Linked devices (QR code)",
  intro:
    "Numbers whose WhatsApp another system uses as a linked device. They are for messages only: Meta offers them no calls.",
  noCalls: "Calls impossible",
  none: "No number of this kind.",
  add: "Add to the list",
  change: "Change",
  remove: "Take off the list",
  label: "Name",
  phone: "Phone",
  note: "Note",
  noteHint: "Such as when the main phone was last opened: without that for 14 days WhatsApp ends the link.",
  save: "Save",
  close: "Close without saving",
  unreachable: "These numbers cannot be looked up now.",
  failed: "It could not be saved. Try again.",
  problem: {
    label_invalid: "1 to 120 characters.",
    phone_invalid: "Write it as +55 11 95555-0101.",
    phone_exists: "It is in the list already, or is a number of the official API.",
    note_invalid: "At most 2,000 characters.",
  },
};
