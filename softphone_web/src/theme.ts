import { createTheme, type MantineColorsTuple } from "@mantine/core";

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

export const theme = createTheme({
  primaryColor: "petrol",
  primaryShade: { light: 7, dark: 6 },
  colors: { petrol },
  fontFamily: '"Figtree Variable", system-ui, "Segoe UI", Roboto, sans-serif',
  headings: { fontFamily: '"Figtree Variable", system-ui, "Segoe UI", Roboto, sans-serif', fontWeight: "650" },
  defaultRadius: "md",
  cursorType: "pointer",
  respectReducedMotion: true,
});
