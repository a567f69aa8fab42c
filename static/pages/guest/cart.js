// The table's shared cart: everybody's lines, one running total, one Place button.

import { useRef, useState } from "preact/hooks";
import { money } from "../../lib/format.js";
import { t } from "../../lib/i18n.js";
import { modifierNames } from "../../lib/menu.js";
import { complain, html, Icon, Initials, Sheet, Stepper } from "../../lib/ui.js";
import { ask } from "../../parts/asker.js";
import * as guest from "./visit.js";

export function CartBar() {
  const [open, setOpen] = useState(false);
  const { total, lines } = guest.cart.value;
  const currency = guest.menu.currency();
  const close = () => setOpen(false);
  return html`
    ${lines.length > 0 &&
    html`<div class="cart-bar">
      <button class="button primary grow" onClick=${() => setOpen(true)}>
        <span class="bubble">${guest.portions.value}</span>
        <span class="grow start">${t("cart.view")}</span>
        <span class="price">${money(total, currency)}</span>
      </button>
    </div>`}
    ${open && html`<${CartSheet} onClose=${close} />`}
  `;
}

function CartSheet({ onClose }) {
  const [note, setNote] = useState("");
  const { lines, total } = guest.cart.value;
  const rounds = guest.rounds.value; // somebody else may place the order while we look at it
  const before = useRef(rounds.length).current;
  const currency = guest.menu.currency();
  const gone = lines.some((line) => !isAvailable(line));
  const closed = !guest.visit.value.restaurant.open;
  const busy = guest.placing.value;
  const place = async () => (await guest.place(note.trim())) && onClose();
  const footer = html`
    <div class="place">
      ${gone && html`<p class="place-note bad">${t("cart.gone")}</p>`}
      ${closed && html`<p class="place-note">${t("closedNow")}</p>`}
      <button
        class="button primary grow place-button"
        disabled=${busy || gone || closed || !lines.length}
        aria-busy=${busy}
        onClick=${place}
      >
        <span class="grow start">${busy ? t("cart.sending") : t("cart.place")}</span>
        <span class="price">${money(total, currency)}</span>
      </button>
    </div>
  `;
  return html`
    <${Sheet}
      title=${t("cart.title")}
      subtitle=${t("cart.shared", { number: guest.visit.value.table.number })}
      footer=${footer}
      onClose=${onClose}
    >
      <${Me} />
      ${lines.length === 0 && html`<p class="empty" role="status">
        ${rounds.length > before ? t("cart.sent", { number: rounds[0].orderNumber }) : t("cart.empty")}
      </p>`}
      <ul class="cart-lines">
        ${lines.map((line) => html`<${Line} key=${line.id} line=${line} currency=${currency} />`)}
      </ul>
      ${lines.length > 0 &&
      html`<label class="field">
        <span>${t("cart.note")}</span>
        <textarea
          rows="2"
          maxlength="500"
          placeholder=${t("cart.noteHint")}
          onInput=${(event) => setNote(event.currentTarget.value)}
        ></textarea>
      </label>`}
    </${Sheet}>
  `;
}

// The menu knows first: the cart is priced again only when somebody changes it.
function isAvailable(line) {
  return guest.menu.dish(line.menuItemId)?.available ?? line.available;
}

function Line({ line, currency }) {
  const dish = guest.menu.dish(line.menuItemId);
  const extras = modifierNames(dish, line.modifiers);
  const available = isAvailable(line);
  const mine = line.addedBy === guest.visit.value.guest.id;
  const name = dish?.name ?? line.name;
  return html`
    <li class=${`cart-line ${available ? "" : "gone"}`}>
      <${Initials} id=${line.addedBy} name=${line.addedByName || t(mine ? "you" : "someone")} />
      <div class="cart-text">
        <p class="cart-name">${name}</p>
        ${extras.map((extra) => html`<p class="extra">${extra}</p>`)}
        ${line.note && html`<p class="extra note" dir="auto"><${Icon} name="note" /> ${line.note}</p>`}
        ${!available && html`<p class="tag bad">${t("soldOut")}</p>`}
      </div>
      <span class="price">${money(line.lineTotal, currency)}</span>
      <${Stepper}
        value=${line.quantity}
        min=${0}
        label=${t("quantityOf", { name })}
        onChange=${(count) => guest.setQuantity(line, count)}
      />
    </li>
  `;
}

function Me() {
  const { guest: me } = guest.visit.value;
  const rename = async () => {
    const name = await ask({ title: t("me.title"), label: t("me.label"), confirm: t("save") });
    if (name) await guest.rename(name).catch(complain);
  };
  return html`<p class="me">
    <span>${me.name ? t("me.is", { name: me.name }) : t("me.unnamed")}</span>
    <button class="link-button" onClick=${rename}>${t(me.name ? "me.change" : "me.add")}</button>
  </p>`;
}
