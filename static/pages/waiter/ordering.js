// The third tab: an order taken at the table.

import { useState } from "preact/hooks";
import { signal } from "@preact/signals";
import { money } from "../../lib/format.js";
import { lang, t } from "../../lib/i18n.js";
import { modifierNames, priceOf } from "../../lib/menu.js";
import { html, Icon, Sheet, Stepper } from "../../lib/ui.js";
import { recall, remember } from "../../lib/store.js";
import { DishSheet } from "../../parts/dish.js";
import { lines, send, sending, table } from "./draft.js";
import * as floor from "./floor.js";

const last = signal(recall("waiter:last") ?? []); // ids of dishes ordered lately, latest first
const LAST = 6;

// Without a line they are kept on the device, and the next table waits.
const isBusy = () => sending.value !== null && floor.link.status.value === "live";

const inHand = () => (isBusy() ? sending.value : lines.value);

const dishOf = ({ id }) => floor.menu.dish(id);

const priceOfLine = (line) =>
  dishOf(line) ? priceOf(dishOf(line), line.modifiers, line.quantity) : 0; // it has left the menu

const sum = () => inHand().reduce((total, line) => total + priceOfLine(line), 0);

export function OrderTab({ onSent }) {
  const [find, setFind] = useState("");
  const [open, setOpen] = useState(null);
  const [review, setReview] = useState(false);
  const { menu } = floor;
  const currency = menu.currency();
  const wanted = find.trim().toLocaleLowerCase(lang.value);
  const fits = (dish) => dish.name.toLocaleLowerCase(lang.value).includes(wanted);
  const dish = open && menu.dish(open);
  const lately = wanted ? [] : last.value.map((id) => menu.dish(id)).filter(Boolean);
  const groups = [{ id: "last", name: t("waiter.last"), items: lately }, ...menu.categories.value];
  const add = (each, choice) => {
    lines.value = [...lines.value, { id: each.id, ...choice }];
    last.value = [each.id, ...last.value.filter((id) => id !== each.id)].slice(0, LAST);
    remember("waiter:last", last.value);
    setOpen(null);
  };
  const tap = (each) =>
    each.groups.length ? setOpen(each.id) : add(each, { quantity: 1, modifiers: [], note: "" });
  return html`
    <section class="order-tab">
      <label class="field">
        <span>${t("waiter.forTable")}</span>
        <select
          value=${table.value ?? ""}
          onChange=${(event) => (table.value = event.currentTarget.value || null)}
        >
          <option value="">${t("waiter.chooseTable")}</option>
          ${floor.tables.value.map(
            (each) => html`<option value=${each.id}>${t("table", { number: each.number })}</option>`,
          )}
        </select>
      </label>
      <label class="search">
        <${Icon} name="search" />
        <input
          type="search"
          value=${find}
          aria-label=${t("waiter.search")}
          placeholder=${t("waiter.search")}
          onInput=${(event) => setFind(event.currentTarget.value)}
        />
      </label>
      ${groups.map((category) => {
        const found = category.items.filter(fits);
        return (
          found.length > 0 &&
          html`<section key=${category.id}>
            <h2>${category.name}</h2>
            <ul class="pick-list">
              ${found.map(
                (each) => html`<li>
                  <button class="pick" disabled=${!each.available} onClick=${() => tap(each)}>
                    <span class="grow">${each.name}</span>
                    ${!each.available && html`<span class="tag bad">${t("soldOut")}</span>`}
                    <span class="price">${money(each.price, currency)}</span>
                    <${Icon} name="plus" />
                  </button>
                </li>`,
              )}
            </ul>
          </section>`
        );
      })}
      ${lines.value.length > 0 &&
      html`<div class="cart-bar staff">
        <button class="button primary grow" onClick=${() => setReview(true)}>
          <span class="bubble">${lines.value.length}</span>
          <span class="grow start">${t("waiter.review")}</span>
          <span class="price">${money(sum(), currency)}</span>
        </button>
      </div>`}
      ${dish &&
      html`<${DishSheet}
        dish=${dish}
        currency=${currency}
        onAdd=${(choice) => add(dish, choice)}
        onClose=${() => setOpen(null)}
      />`}
      ${review && html`<${Review} currency=${currency} onClose=${() => setReview(false)} onSent=${onSent} />`}
    </section>
  `;
}

function Review({ currency, onClose, onSent }) {
  const [note, setNote] = useState("");
  const number = floor.tables.value.find((each) => each.id === table.value)?.number;
  const busy = isBusy();
  const go = async () => {
    const away = floor.link.status.value !== "live";
    const placing = send((going) => floor.order(table.value, going.map(itemOf), note.trim()));
    if (!away && !(await placing)) return;
    onClose();
    onSent();
  };
  const footer = html`<button
    class="button primary grow"
    disabled=${busy || !table.value || !lines.value.length}
    onClick=${go}
  >
    <span class="grow start">
      ${busy ? t("cart.sending") : number ? t("waiter.sendFor", { number }) : t("waiter.chooseTable")}
    </span>
    <span class="price">${money(sum(), currency)}</span>
  </button>`;
  return html`<${Sheet} title=${t("waiter.review")} footer=${footer} onClose=${onClose}>
    <ul class="cart-lines">
      ${inHand().map((line, index) => html`<${Line} line=${line} index=${index} currency=${currency} />`)}
    </ul>
    <label class="field">
      <span>${t("cart.note")}</span>
      <textarea
        rows="2"
        maxlength="500"
        placeholder=${t("cart.noteHint")}
        onInput=${(event) => setNote(event.currentTarget.value)}
      ></textarea>
    </label>
  </${Sheet}>`;
}

const itemOf = ({ id, ...choice }) => ({ menuItemId: id, ...choice });

function Line({ line, index, currency }) {
  const dish = dishOf(line);
  const change = (quantity) => {
    if (isBusy()) return;
    const next = [...lines.value];
    if (quantity < 1) next.splice(index, 1);
    else next[index] = { ...line, quantity };
    lines.value = next;
  };
  return html`<li class="cart-line plain">
    <div class="cart-text">
      <p class="cart-name">${dish?.name}</p>
      ${modifierNames(dish, line.modifiers).map((name) => html`<p class="extra">${name}</p>`)}
      ${line.note && html`<p class="extra note">${line.note}</p>`}
    </div>
    <span class="price">
      ${money(priceOfLine(line), currency)}
    </span>
    <${Stepper}
      value=${line.quantity}
      min=${0}
      label=${t("quantityOf", { name: dish?.name })}
      onChange=${change}
    />
  </li>`;
}
