// Makes the device in hand one of the house's, on which people sign in with their PIN.

import { t } from "../lib/i18n.js";
import { pair } from "../lib/staff.js";
import { complain, toast } from "../lib/ui.js";
import { ask } from "./asker.js";

// Asks for the device's name; returns false where nobody gave one.
export async function pairHere() {
  const name = await ask({
    title: t("pair.title"),
    subtitle: t("pair.text"),
    label: t("pair.name"),
    confirm: t("pair.do"),
  });
  if (name) await pair(name).then(() => toast(t("pair.done")), complain);
  return Boolean(name);
}
