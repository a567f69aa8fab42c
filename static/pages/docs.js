// The event explorer: a live connection beside the reference, to try each command and watch events.

import { h, render } from "preact";
import { useState } from "preact/hooks";
import { signal } from "@preact/signals";
import htm from "htm";
import { io } from "socket.io-client";
import { get, post } from "../lib/api.js";

const html = htm.bind(h);
const MOST = 100; // events that are kept in sight

const socket = signal(null);
const who = signal(""); // as whom we are connected
const known = signal({}); // values that commands may need, by field
const command = signal({ name: "", text: "{}" });
const answer = signal(null); // {text, ms}
const heard = signal([]);

const articles = [...document.querySelectorAll("article h3[id^='Commands-']")];
const NAMES = articles.map((title) => title.textContent);

// A payload to begin with: the fields of the reference, filled with what is known.
function template(name) {
  const article = articles.find((title) => title.textContent === name)?.parentElement;
  const rows = [...(article?.querySelectorAll("table tr") ?? [])].map(({ cells: [name, kind] }) => ({
    field: name.querySelector("code").textContent,
    optional: Boolean(name.querySelector("i")),
    kind,
  }));
  const needed = rows.filter((row) => !row.optional || row.field in known.value || isOrder(row.kind));
  const entries = needed.map(({ field, kind }) => [field, known.value[field] ?? example(field, kind)]);
  return JSON.stringify(Object.fromEntries(entries), null, 2);
}

const isOrder = (kind) => kind.querySelector('a[href="#Types-LineRequest"]');

// Of several words that a field may be, the first.
function example(field, kind) {
  if (isOrder(kind)) return [{ menuItemId: known.value.menuItemId ?? "", quantity: 1 }];
  if (field === "available") return true;
  return kind.querySelector("code")?.textContent ?? (kind.textContent.startsWith("integer") ? 0 : "");
}

function choose(name) {
  command.value = { name, text: template(name) };
  answer.value = null;
}

async function connect(ask) {
  const { token, name, values, joins } = await ask();
  socket.value?.disconnect();
  known.value = { ...values, ...(await dishOf(values.restaurantId)) };
  heard.value = [];
  const opened = io({ auth: { token }, transports: ["websocket", "polling"] });
  opened.onAny((event, data, meta) => note(event, data, meta));
  opened.on("connect", () => note("connect", { id: opened.id, recovered: opened.recovered }));
  opened.on("disconnect", (reason) => note("disconnect", { reason }));
  opened.on("connect_error", (error) => note("connect_error", error.data ?? error.message));
  socket.value = opened;
  who.value = name;
  choose(joins);
}

async function tableOf(restaurantId, token) {
  const { tables } = await get(`/api/restaurants/${restaurantId}/tables`, token);
  return tables[0] && { tableId: tables[0].id };
}

// A dish that needs no choices, to order.
async function dishOf(restaurantId) {
  if (!restaurantId) return {};
  const { categories } = await get(`/api/restaurants/${restaurantId}/menu`);
  const dishes = categories.flatMap((category) => category.items);
  const plain = dishes.find(({ available, groups }) => available && groups.length === 0);
  return plain && { menuItemId: plain.id };
}

function note(name, data, meta) {
  const entry = { id: crypto.getRandomValues(new Uint32Array(1))[0], at: new Date(), name, data, meta };
  heard.value = [entry, ...heard.value].slice(0, MOST);
  learn(name.split(":")[0], data);
}

// What was heard of last is what the next command may be about.
function learn(subject, data) {
  const found = {
    orders: ([first]) => first && orderOf(first),
    order: orderOf,
    cart: ({ lines }) => lines?.length && { lineId: lines.at(-1).id },
    service: ({ id }) => ({ requestId: id }),
    alert: ({ id }) => ({ alertId: id }),
  }[subject]?.(data ?? {});
  if (found) known.value = { ...known.value, ...found };
}

const orderOf = ({ id, items }) => id && { orderId: id, itemId: items?.[0]?.id };

async function send() {
  const began = performance.now();
  try {
    const payload = JSON.parse(command.value.text);
    const ack = await socket.value.timeout(6000).emitWithAck(command.value.name, payload);
    answer.value = { text: JSON.stringify(ack, null, 2), ms: Math.round(performance.now() - began) };
  } catch (error) {
    answer.value = { text: String(error.message ?? error), ms: null };
  }
}

function Explorer() {
  return html`
    <h2 id="Try">Try it</h2>
    <p>A live connection to this hub. What you send really happens.</p>
    ${socket.value ? html`<${Desk} />` : html`<${Door} />`}
  `;
}

function Door() {
  const [error, setError] = useState("");
  const enter = (ask) => async (event) => {
    event.preventDefault();
    const form = new FormData(event.currentTarget);
    await connect(() => ask(form)).catch((problem) => setError(problem.message));
  };
  const staff = async (form) => {
    const [email, password] = [form.get("email").trim(), form.get("password")];
    const { accessToken, user } = await post("/api/auth/login", { email, password });
    const me = await get("/api/me", accessToken);
    const restaurantId = me.restaurants[0]?.id ?? "";
    const values = { restaurantId, ...(restaurantId && (await tableOf(restaurantId, accessToken))) };
    return { token: accessToken, name: `${user.name}, ${user.role}`, values, joins: "join:restaurant" };
  };
  const guest = async (form) => {
    const code = form.get("code").trim().split("/").pop();
    const { token, table, restaurant } = await post(`/api/scan/${encodeURIComponent(code)}`);
    const values = { restaurantId: restaurant.id, tableId: table.id };
    return { token, name: `guest at table ${table.number}`, values, joins: "join:table" };
  };
  return html`<div class="doors-two">
    <form onSubmit=${enter(staff)}>
      <label class="field"><span>E-mail</span><input name="email" type="email" autocomplete="username" required /></label>
      <label class="field"><span>Password</span><input name="password" type="password" autocomplete="current-password" required /></label>
      <button class="button primary">Connect as staff</button>
    </form>
    <form onSubmit=${enter(guest)}>
      <label class="field"><span>Code of a table, or its link</span><input name="code" autocomplete="off" required /></label>
      <button class="button primary">Connect as a guest</button>
    </form>
    <p class="problem" role="alert">${error}</p>
  </div>`;
}

function Desk() {
  const leave = () => {
    socket.value.disconnect();
    socket.value = null;
  };
  return html`
    <p class="desk-who">
      Connected as <strong>${who}</strong>
      <button class="link-button" onClick=${leave}>Disconnect</button>
    </p>
    <div class="desk">
      <label class="field">
        <span>Command</span>
        <select value=${command.value.name} onChange=${(event) => choose(event.currentTarget.value)}>
          ${NAMES.map((name) => html`<option>${name}</option>`)}
        </select>
      </label>
      <label class="field">
        <span>Payload</span>
        <textarea
          rows="7"
          spellcheck="false"
          value=${command.value.text}
          onInput=${(event) => (command.value = { ...command.value, text: event.currentTarget.value })}
        ></textarea>
      </label>
      <button class="button primary" onClick=${send}>Send</button>
      ${answer.value &&
      html`<div role="status">
        <h3>Answer${answer.value.ms === null ? "" : ` after ${answer.value.ms} ms`}</h3>
        <pre tabindex="0"><code>${answer.value.text}</code></pre>
      </div>`}
      <h3>Events</h3>
      <ol class="heard" aria-live="polite">
        ${heard.value.map((entry) => html`<${Heard} key=${entry.id} entry=${entry} />`)}
      </ol>
    </div>
  `;
}

function Heard({ entry }) {
  const { at, name, data, meta } = entry;
  return html`<li>
    <details>
      <summary>
        <time>${at.toLocaleTimeString("en-GB")}</time> <code>${name}</code>
        ${meta?.seq !== undefined && html` <span class="muted">seq ${meta.seq}</span>`}
      </summary>
      <pre tabindex="0"><code>${JSON.stringify({ data, meta }, null, 2)}</code></pre>
    </details>
  </li>`;
}

// Each command of the reference leads to the desk.
for (const title of articles) {
  const link = document.createElement("button");
  link.className = "try";
  link.textContent = `Try ${title.textContent}`;
  link.addEventListener("click", () => {
    choose(title.textContent);
    document.getElementById("Try").scrollIntoView();
  });
  title.after(link);
}

choose(NAMES[0]);
render(html`<${Explorer} />`, document.getElementById("explorer"));
