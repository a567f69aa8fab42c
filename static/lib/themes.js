// Light, dark and high contrast: what the machine asks for, unless this screen was told another.
// Each is a style sheet of its own with a media query; choosing one is switching the query.

import { signal } from "@preact/signals-core";
import { forget, recall, remember } from "./store.js";

export const THEMES = ["auto", "light", "dark", "contrast"];
const KEY = "theme";
const SHEETS = {
  dark: { auto: "(prefers-color-scheme: dark)", dark: "all", contrast: "all" },
  contrast: { auto: "(prefers-contrast: more)", contrast: "all" },
};

export const theme = signal(recall(KEY) ?? "auto");

export function choose(name) {
  theme.value = name;
  if (name === "auto") forget(KEY);
  else remember(KEY, name);
  wear();
}

export function wear() {
  for (const [sheet, media] of Object.entries(SHEETS)) {
    const link = document.querySelector(`link[data-theme="${sheet}"]`);
    if (link) link.media = media[theme.value] ?? "not all";
  }
}
