// One ticket on the grid.

import { computed } from "@preact/signals";
import { useEffect, useMemo, useState } from "preact/hooks";
import { hasAllergy } from "../../lib/allergy.js";
import { elapsed, minutesSince, secondsSince } from "../../lib/format.js";
import { pick, t } from "../../lib/i18n.js";
import { html, Icon } from "../../lib/ui.js";
import { allergenName } from "../../parts/dish.js";
import { Noted } from "../../parts/note.js";
import * as board from "./board.js";
import * as steps from "./steps.js";
import { age, isRemoval, nextStep, waitingSince, withoutNo } from "./tickets.js";

const DOUBLE_TAP_MS = 300;

// False for a moment after a step: a finger that taps twice means the button that it saw, and not
// the one that has come in its place.
function useSettled(step) {
  const [settled, settle] = useState(step);
  useEffect(() => {
    const timer = setTimeout(() => settle(step), DOUBLE_TAP_MS);
    return () => clearTimeout(timer);
  }, [step]);
  return settled === step;
}

// What is read of signals, drawn anew only when the answer changes, not whenever a signal does.
const useAnswer = (ask, inputs) => useMemo(() => computed(ask), inputs).value;

const useIn = (kept, id) => useAnswer(() => kept.value.has(id), [id]);

const useAge = (since) => useAnswer(() => age(minutesSince(since), board.ages.value), [since]);

// One cell: `items` are those of this part of the ticket.
export function Card({ order, items, part, of, column, row, number, selected, onPanel }) {
  const station = board.station.value;
  const ghost = useIn(board.ghosts, order.id);
  const undoable = useIn(board.bumped, order.id);
  const fresh = useAnswer(() => board.fresh.value.get(order.id), [order.id]);
  const struck = useAnswer(() => board.isStruck(order), [order]);
  const rush = order.priority === "RUSH";
  const since = waitingSince(order, station);
  const old = useAge(since);
  const classes = [
    "ticket",
    old,
    ghost && "ghost",
    undoable && "bumped",
    rush && "rush",
    selected && "selected",
    fresh && `fresh ${fresh}`,
  ];
  const place = { gridColumn: column + 1, gridRow: row + 1 };
  return html`
    <article
      class=${classes.filter(Boolean).join(" ")}
      style=${place}
      data-order=${order.id}
      tabindex="-1"
      aria-label=${t("kitchen.ticket", { number: order.orderNumber, table: order.tableNumber })}
      onClick=${() => board.touch(order.id)}
    >
      <${Head} order=${order} since=${since} old=${old} number=${number} part=${part} of=${of} />
      ${part === 1 && html`<${Strips} order=${order} rush=${rush} />`}
      <ul class="ticket-items">
        ${part === 1 && order.note !== "" && html`<li><${Noted} of=${order} kind="ticket-note" /></li>`}
        ${items.map(
          (item) => html`<${Line}
            key=${item.id}
            order=${order}
            item=${item}
            onMenu=${() => onPanel({ name: "item", order, item })}
          />`,
        )}
      </ul>
      ${part === of
        ? html`<${Foot} order=${order} ghost=${ghost} undoable=${undoable} struck=${struck} onPanel=${onPanel} />`
        : html`<p class="ticket-goes-on">${t("kitchen.goesOn")}</p>`}
    </article>
  `;
}

// Age is told by colour, by a sign and in minutes.
function Head({ order, since, old, number, part, of }) {
  const sign = { late: "warn", aging: "hourglass" }[old];
  return html`
    <header class="ticket-head">
      ${number !== null && html`<kbd class="ticket-key">${number}</kbd>`}
      <span class="ticket-name">
        <span class=${`ticket-number ${order.orderNumber > 999 ? "long" : ""}`}>#${order.orderNumber}</span>
        <span class="ticket-table">
          ${t("table", { number: order.tableNumber })}
          ${of > 1 && html` <span class="ticket-part">${part}/${of}</span>`}
        </span>
      </span>
      <span class="ticket-age" role="timer">
        ${sign && html`<${Icon} name=${sign} />`}
        ${old === "late" && html`<span class="hidden">${t("kitchen.late")}</span>`}
        <${Timer} since=${since} />
      </span>
    </header>
  `;
}

// The only thing of a card that changes every second.
const Timer = ({ since }) => html`${elapsed(secondsSince(since))}`;

function Strips({ order, rush }) {
  return html`
    ${rush && html`<p class="strip rush-strip"><${Icon} name="flame" /> ${t("kitchen.rush")}</p>`}
    ${hasAllergy(order) &&
    html`<p class="strip allergy-strip"><${Icon} name="warn" /> ${t("kitchen.allergy")}</p>`}
  `;
}

function Modifier({ modifier }) {
  const text = pick(modifier.texts, modifier.name);
  if (!isRemoval(modifier)) return html`<span class="line-mod">${text}</span>`;
  return html`<span class="line-mod line-no"><b>${t("kitchen.no")}</b> ${withoutNo(text)}</span>`;
}

const NEXT_WORD = { QUEUED: "kitchen.tapStart", PREPARING: "kitchen.tapReady", VOIDED: "kitchen.seen" };

function Line({ order, item, onMenu }) {
  const name = pick(item.names, item.name);
  const word = t(`kitchen.item.${item.status}`);
  const hint = NEXT_WORD[item.status] && t(NEXT_WORD[item.status]);
  const settled = useSettled(item.status);
  return html`
    <li class=${`line l-${item.status}`}>
      <button
        class="line-main"
        data-item=${item.id}
        aria-disabled=${!settled}
        onClick=${() => settled && steps.tapItem(order, item)}
      >
        <span class="line-qty">${item.quantity}</span>
        <span class="line-text">
          <span class="line-name">${name}</span>
          ${item.modifiers.map((m) => html`<${Modifier} modifier=${m} />`)}
          ${item.remakes > 0 && html`<span class="line-again">${t("kitchen.again")}</span>`}
          ${item.allergens.length > 0 &&
          html`<span class="line-allergens">${item.allergens.map(allergenName).join(" · ")}</span>`}
        </span>
        <span class=${item.status === "QUEUED" ? "hidden" : "line-state"}>${word}</span>
        ${hint && html`<span class="hidden">${hint}</span>`}
      </button>
      <button class="line-more" aria-label=${t("kitchen.itemMore", { name })} onClick=${onMenu}>
        <${Icon} name="more" />
      </button>
      ${item.note !== "" && html`<${Noted} of=${item} kind="ticket-note" />`}
    </li>
  `;
}

function Foot({ order, ghost, undoable, struck, onPanel }) {
  const next = nextStep(order, board.station.value);
  const step = undoable ? "undo" : next === "none" && struck ? "seen" : next;
  const settled = useSettled(step);
  if (ghost) {
    return html`<footer class="ticket-foot">
      <div class="ghost-said">
        <strong>${t("kitchen.cancelled")}</strong>
        ${order.reason && html`<span dir="auto">${order.reason}</span>`}
      </div>
      <button class="bump" onClick=${() => board.seeOff(order.id)}>${t("kitchen.seen")}</button>
    </footer>`;
  }
  const button = (kind, act, children) => html`<button
    class=${`bump ${kind}`}
    aria-disabled=${!settled}
    onClick=${() => settled && act(order)}
  >
    ${children}
  </button>`;
  if (undoable) {
    const face = html`<${Icon} name="undo" /> ${t("undo")}`;
    return html`<footer class="ticket-foot">${button("undo", steps.undo, face)}</footer>`;
  }
  const act = { accept: steps.accept, start: steps.start, bump: steps.bump, seen: steps.seeStruck }[step];
  const word = t(step === "seen" ? "kitchen.seen" : `kitchen.step.${step}`);
  const face = html`${step === "bump" && html`<${Icon} name="check" />`} ${word}`;
  return html`<footer class="ticket-foot">
    <button class="ticket-more" aria-label=${t("kitchen.more")} onClick=${() => onPanel({ name: "order", order })}>
      <${Icon} name="more" />
    </button>
    ${act && button(`step-${step}`, act, face)}
  </footer>`;
}
