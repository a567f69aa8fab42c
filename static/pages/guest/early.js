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

// What is tapped on before the page can answer it is done as soon as it can. Where a finger was
// before this script is told by the focus; a keyboard's is another.
const taps = [document.querySelector("button:focus:not(:focus-visible)")];
const keepTap = ({ target }) => taps.push(target.closest("button"));
addEventListener("click", keepTap);

export function doTaps() {
  removeEventListener("click", keepTap);
  for (const button of taps) button?.click();
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
