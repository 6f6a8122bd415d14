// A headset at this browser: described as office headsets describe themselves, with keys that a test presses.
(() => {
  const bits = (usages, isAbsolute) => ({ usages, isAbsolute, reportSize: 1, reportCount: usages.length });
  class Headset extends EventTarget {
    productName = "Office 40";
    opened = false;
    lights = [];
    collections = [
      {
        usagePage: 0x0b,
        inputReports: [{ reportId: 2, items: [bits([0x0b0020, 0x0b0026], true), bits([0x0b002f], false)] }],
        outputReports: [{ reportId: 3, items: [bits([0x080017, 0x080018, 0x080009], true)] }],
      },
    ];
    async open() {
      this.opened = true;
    }
    async close() {
      this.opened = false;
    }
    async sendReport(_id, data) {
      this.lights.push(data[0]);
    }
    press(value) {
      const data = new DataView(Uint8Array.of(value).buffer);
      this.dispatchEvent(Object.assign(new Event("inputreport"), { reportId: 2, data }));
    }
  }
  window.headset = new Headset();
  const hid = Object.assign(new EventTarget(), { getDevices: async () => [window.headset] });
  Object.defineProperty(navigator, "hid", { value: hid });
})();
