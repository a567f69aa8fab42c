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

const given = document.getElementById("menu"); // the hub knew whose code it is

// Resolve to null where the answer is no: then it is asked again in the usual way, which tells why.
export const seat = ask(scanPath, "POST", { language });
export const menu = seat.then((answer) => {
  if (!answer) return null;
  const { id, languages, language: own } = answer.restaurant;
  const lang = languages.includes(language) ? language : own;
  if (given?.dataset.of === `${id} ${lang}`) return { lang, found: JSON.parse(given.textContent) };
  return ask(menuPath(id, lang)).then((found) => found && { lang, found });
});

// A browser's first price costs it as much as the rest of the menu. Now it has nothing else to do.
new Intl.NumberFormat(language, { style: "currency", currency: "EUR" });

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
