// The menu as a list: categories and dishes in their order, and what opens them for editing.

import { useState } from "preact/hooks";
import { money } from "../../lib/format.js";
import { lang, t } from "../../lib/i18n.js";
import { complain, html, Icon } from "../../lib/ui.js";
import { CategorySheet } from "./category.js";
import { ChoiceSheet } from "./choice.js";
import * as desk from "./desk.js";
import { DishSheet } from "./dish.js";
import { AddButton, Card, Nothing, photoUrl, Wait } from "./parts.js";
import { madeOf, textOf } from "./texts.js";

export function MenuSection() {
  const menu = desk.useKnown("menu");
  const [open, setOpen] = useState(null); // {sheet, thing}
  const [find, setFind] = useState("");
  if (!menu) return html`<${Wait} />`;
  const show = (sheet, thing = null) => setOpen({ sheet, thing });
  const close = () => setOpen(null);
  const wanted = find.trim().toLocaleLowerCase(lang.value);
  const matches = (item) =>
    Object.values(item.texts).some((text) => text.toLocaleLowerCase(lang.value).includes(wanted));
  return html`
    <div class="section-tools">
      <label class="search">
        <${Icon} name="search" /><span class="hidden">${t("waiter.search")}</span>
        <input
          type="search"
          placeholder=${t("waiter.search")}
          value=${find}
          onInput=${(event) => setFind(event.currentTarget.value)}
        />
      </label>
      <span class="grow"></span>
      <button class="button" onClick=${() => show("category")}>${t("m.menu.addCategory")}</button>
      <${AddButton} label=${t("m.menu.addDish")} onClick=${() => show("dish")} />
    </div>
    <div class="menu-columns">
      <div class="menu-list">
        ${menu.categories.map(
          (category, at) => html`<${Category}
            key=${category.id}
            menu=${menu}
            category=${category}
            at=${at}
            items=${menu.items.filter((item) => item.categoryId === category.id && matches(item))}
            onOpen=${show}
          />`,
        )}
      </div>
      <${Choices} menu=${menu} onOpen=${show} />
    </div>
    ${open?.sheet === "dish" && html`<${DishSheet} menu=${menu} dish=${open.thing} onClose=${close} />`}
    ${open?.sheet === "category" &&
    html`<${CategorySheet} menu=${menu} category=${open.thing} onClose=${close} />`}
    ${open?.sheet === "choice" &&
    html`<${ChoiceSheet} menu=${menu} group=${open.thing} onClose=${close} />`}
  `;
}

function Category({ menu, category, at, items, onOpen }) {
  const name = textOf(menu, category.texts);
  const tools = html`
    <${Movers} ids=${menu.categories.map((each) => each.id)} at=${at} kind="categories" name=${name} />
    <button class="quiet-button" onClick=${() => onOpen("category", category)}>
      <${Icon} name="note" /><span class="hidden">${t("m.edit", { name })}</span>
    </button>
  `;
  return html`
    <${Card} title=${name} tools=${tools} class="menu-category">
      ${items.length === 0 && html`<${Nothing}>${t("m.menu.noDishes")}</${Nothing}>`}
      <ul class="rows">
        ${items.map(
          (item, place) => html`<${Dish}
            key=${item.id}
            menu=${menu}
            item=${item}
            at=${place}
            ids=${items.map((each) => each.id)}
            onOpen=${onOpen}
          />`,
        )}
      </ul>
    </${Card}>
  `;
}

function Dish({ menu, item, at, ids, onOpen }) {
  const name = textOf(menu, item.texts);
  const unwritten = menu.languages.filter((each) => !item.texts[each]);
  const missing = unwritten.filter((each) => !madeOf(menu, item.texts, each)).length;
  const byMachine = item.machine.length > 0 || missing < unwritten.length;
  return html`
    <li class=${`row menu-row ${item.available ? "" : "gone"}`}>
      <button class="row-main" onClick=${() => onOpen("dish", item)}>
        ${item.photo
          ? html`<img class="thumb" src=${photoUrl(item.photo)} alt="" width="56" height="42" />`
          : html`<span class="thumb none"><${Icon} name="photo" /></span>`}
        <span class="row-text"><strong>${name}</strong><small class="muted">${stationOf(menu, item)}</small></span>
        <span class="row-tags">
          ${!item.available && html`<span class="tag bad">${t("soldOut")}</span>`}
          ${byMachine && html`<span class="tag warn">${t("m.texts.machine")}</span>`}
          ${missing > 0 && html`<span class="tag plain">${t("m.texts.missing", { count: missing })}</span>`}
        </span>
        <span class="price">${money(item.price, menu.currency)}</span>
      </button>
      <${Movers} ids=${ids} at=${at} kind="items" name=${name} />
    </li>
  `;
}

const stationOf = (menu, item) =>
  menu.stations.find((station) => station.id === item.station)?.name ?? item.station;

function Movers({ ids, at, kind, name }) {
  const move = (step) => {
    const next = [...ids];
    [next[at], next[at + step]] = [next[at + step], next[at]];
    desk.ask("PUT", "menu/order", { [kind]: next }).then(() => desk.read("menu"), complain);
  };
  const one = (icon, step, label) => html`<button
    class="mover"
    disabled=${!ids[at + step]}
    aria-label=${t(label, { name })}
    onClick=${() => move(step)}
  >
    <${Icon} name=${icon} />
  </button>`;
  return html`<span class="movers">${one("up", -1, "m.moveUp")}${one("down", 1, "m.moveDown")}</span>`;
}

// What dishes may be varied by, each used by any number of them.
function Choices({ menu, onOpen }) {
  const used = (group) => menu.items.filter((item) => item.groups.includes(group.id)).length;
  const tools = html`<button class="quiet-button" onClick=${() => onOpen("choice")}>
    <${Icon} name="plus" /><span class="hidden">${t("m.menu.addChoice")}</span>
  </button>`;
  return html`
    <${Card} title=${t("m.menu.choices")} tools=${tools} class="menu-choices">
      <p class="card-text muted">${t("m.menu.choicesText")}</p>
      <ul class="rows">
        ${menu.groups.map(
          (group) => html`<li key=${group.id} class="row">
            <button class="row-main" onClick=${() => onOpen("choice", group)}>
              <span class="row-text">
                <strong>${textOf(menu, group.texts)}</strong>
                <small class="muted">${group.modifiers.map((each) => textOf(menu, each.texts)).join(" · ")}</small>
              </span>
              <span class="tag plain">${t("m.menu.usedBy", { count: used(group) })}</span>
            </button>
          </li>`,
        )}
      </ul>
    </${Card}>
  `;
}
