// A member of staff at work: signed in, at one restaurant, with a live picture of it.

import { useEffect } from "preact/hooks";
import { signal } from "@preact/signals";
import { stayAwake } from "../lib/awake.js";
import { chosen, preferred, speak, t } from "../lib/i18n.js";
import { forgetPictures } from "../lib/keep.js";
import { workWithoutLine } from "../lib/offline.js";
import { keepFresh, persist, place, user } from "../lib/staff.js";
import { html, Toasts } from "../lib/ui.js";
import { Asker } from "./asker.js";
import { SignIn } from "./signin.js";

const opened = signal(null); // the restaurant whose picture is open

// Staff read their own language, unless this screen was told another.
export const firstLanguage = () => chosen() ?? user.value?.lang ?? preferred();

// open() makes the page's picture and returns its link; Page shows it.
export function Shift({ title, roles, open, Page }) {
  const who = user.value;
  const fits = Boolean(who) && roles.includes(who.role);
  const here = fits ? place.value?.id : undefined;
  useEffect(() => {
    if (fits && who.restaurants.length === 1) place.value = who.restaurants[0];
    if (fits && !chosen()) speak(who.lang);
  }, [who?.id]);
  useEffect(() => {
    if (!here) return undefined;
    const shift = { over: false, link: null, stop: keepFresh(() => shift.link?.present()) };
    persist(open, () => shift.over).then((link) => {
      shift.link = link;
      if (shift.over) link?.close();
      else opened.value = here;
    });
    stayAwake();
    workWithoutLine().catch(() => {}); // a browser may forbid it; the page works as long as it is open
    return () => {
      shift.over = true;
      shift.stop();
      shift.link?.close();
      opened.value = null;
      if (user.value?.id !== who.id) forgetPictures(who.id);
    };
  }, [who?.id, here]);
  if (!here) return html`<${SignIn} title=${title} roles=${roles} /><${Toasts} />`;
  if (opened.value !== here) return html`<p class="board-wait">${t("loading")}</p>`;
  return html`<${Page} /><${Asker} /><${Toasts} />`;
}
