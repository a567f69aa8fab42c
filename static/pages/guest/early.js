// The first questions, asked while most of the page is still on its way: which table is this, and
// what is on its menu. It imports next to nothing, so that it runs as soon as it is here.

import { recall } from "../../lib/store.js";

// What the table's code said is in the address only until it is read: an address is shown, shared
// and kept in histories. A reload finds it with the tab.
export const HERE = "here";
export const CODE = "guest:code";

const asked = decodeURIComponent(location.pathname.split("/")[2] ?? "");
export const code = asked === HERE ? (recall(CODE, sessionStorage) ?? recall(CODE) ?? "") : asked;
export const KEY = `guest:${code}`;
export const scanPath = `/api/scan/${encodeURIComponent(code)}`;
export const menuPath = (restaurant, lang) =>
  `/api/restaurants/${restaurant}/menu?lang=${encodeURIComponent(lang)}`;

const language = (recall("lang:scan") ?? navigator.languages[0] ?? "en").split("-")[0];

// Where the hub knew whose code it is, the page came with all this and shows it already: {lang,
// restaurant, table, menu, prices}. Null otherwise.
let read;
export const given = () => (read ??= JSON.parse(document.getElementById("given").textContent));
export const drawn = () => document.querySelector("#app > main") && given().lang;

// What was tapped on before the page could do it, see taps.js; asked for before anything is drawn.
export const taken = () => [...document.querySelectorAll("[data-taps]")];

// Does it, on the same buttons or on those of the same dishes where all was drawn anew.
export function doTaps(buttons) {
  for (const button of buttons) {
    const { taps } = button.dataset;
    for (const name of ["data-taps", "aria-busy"]) button.removeAttribute(name);
    const shown = button.isConnected ? button : drawnAnew(button);
    for (let done = 0; done < taps; done += 1) shown?.click();
  }
}

function drawnAnew({ classList: [kind], dataset: { dish } }) {
  return dish && document.querySelector(`.${kind}[data-dish="${CSS.escape(dish)}"]`);
}

// Resolve to null where the answer is no: then it is asked again in the usual way, which tells why.
export const seat = ask(scanPath, "POST", { language });
export const menu = seat.then((answer) => {
  if (!answer) return null;
  const { id, languages, language: own } = answer.restaurant;
  const lang = languages.includes(language) ? language : own;
  const had = given();
  if (had?.restaurant.id === id && had.lang === lang) return { lang, found: had.menu };
  return ask(menuPath(id, lang)).then((found) => found && { lang, found });
});

async function ask(path, method = "GET", body = undefined) {
  const headers = { Accept: "application/json", "Content-Type": "application/json" };
  const token = recall(KEY)?.token;
  if (token && method === "POST") headers.Authorization = `Bearer ${token}`;
  try {
    const answer = await fetch(path, { method, headers, body: body && JSON.stringify(body) });
    return answer.ok ? await answer.json() : null;
  } catch {
    return null;
  }
}
