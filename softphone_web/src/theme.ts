import { createTheme, Loader, type MantineColorsTuple } from "@mantine/core";

const petrol: MantineColorsTuple = [
  "#e9f5f2",
  "#d3e9e4",
  "#a6d4ca",
  "#75beae",
  "#4eac98",
  "#329f89",
  "#1c7f70",
  "#0f6a5d",
  "#0b564c",
  "#06423a",
];

/** Mantine's dark greys, tinted like the rest of the dark theme. */
const dark: MantineColorsTuple = [
  "#e9f0ed",
  "#b4c2bc",
  "#94a49d",
  "#71817a",
  "#3b4b45",
  "#2b3833",
  "#212c28",
  "#18221f",
  "#111917",
  "#0c1210",
];

export const theme = createTheme({
  primaryColor: "petrol",
  primaryShade: { light: 7, dark: 6 },
  colors: { petrol, dark },
  fontFamily: '"Figtree Variable", system-ui, "Segoe UI", Roboto, sans-serif',
  headings: { fontFamily: '"Figtree Variable", system-ui, "Segoe UI", Roboto, sans-serif', fontWeight: "650" },
  defaultRadius: "md",
  cursorType: "pointer",
  respectReducedMotion: true,
  // A name on a `span` without a role is not read (ARIA 1.2, 5.2.8.6).
  components: { Loader: Loader.extend({ defaultProps: { role: "status" } }) },
});
