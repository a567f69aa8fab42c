// The menu: tabs that follow the scrolling, dishes that grey out the moment they are sold out.

import { useEffect, useRef, useState } from "preact/hooks";
import { list, money } from "../../lib/format.js";
import { t } from "../../lib/i18n.js";
import { html, Icon, Sheet } from "../../lib/ui.js";
import { allergenName, DishPhoto, DishSheet } from "../../parts/dish.js";
import { addToCart, cart, menu, underway } from "./visit.js";

const AT_FIRST = 8; // dishes: more than a phone shows at once

export function MenuView() {
  const [open, setOpen] = useState(null);
  const [avoided, setAvoided] = useState([]);
  const categories = menu.categories.value;
  const shown = useWhole() ? categories : [...first(categories)];
  const current = useScrollSpy(shown);
  const dish = open && menu.dish(open);
  const add = (choice) => {
    setOpen(null);
    addToCart(dish, choice);
  };
  const quick = (each) =>
    each.groups.length ? setOpen(each.id) : addToCart(each, { quantity: 1, modifiers: [], note: "" });
  return html`
    <div class="category-bar">
      <nav class="categories" aria-label=${t("categories")}>
        ${categories.map(
          (category) => html`<a
            key=${category.id}
            href=${`#c-${category.id}`}
            aria-current=${category.id === current ? "true" : undefined}
            onClick=${(event) => jump(event, category.id)}
            >${category.name}</a
          >`,
        )}
      </nav>
      <${AllergenFilter} avoided=${avoided} onChange=${setAvoided} />
    </div>
    ${shown.map(
      (category) => html`
        <section key=${category.id} id=${`c-${category.id}`} class="category">
          <h2>${category.name}</h2>
          <ul class="dishes">
            ${category.items.map(
              (each) => html`<${Dish}
                key=${each.id}
                dish=${each}
                avoided=${avoided}
                onOpen=${() => setOpen(each.id)}
                onQuick=${() => quick(each)}
              />`,
            )}
          </ul>
        </section>
      `,
    )}
    ${dish &&
    html`<${DishSheet}
      dish=${dish}
      currency=${menu.currency()}
      onAdd=${add}
      onClose=${() => setOpen(null)}
    />`}
  `;
}

function Dish({ dish, avoided, onOpen, onQuick }) {
  const currency = menu.currency();
  const clash = dish.allergens.filter((each) => avoided.includes(each));
  const waiting = portionsOf(dish, underway.value);
  const count = portionsOf(dish, cart.value.lines) + waiting;
  const few = dish.available && dish.quantity !== null && dish.quantity <= 5;
  return html`
    <li class=${`dish ${dish.available ? "" : "gone"} ${clash.length ? "clash" : ""}`}>
      ${dish.photo && html`<${DishPhoto} photo=${dish.photo} />`}
      <button class="dish-main" data-dish=${dish.id} aria-haspopup="dialog" onClick=${onOpen}>
        <span class="dish-name">${dish.name}</span>
        ${dish.description && html`<span class="dish-text">${dish.description}</span>`}
        ${dish.machine && html`<span class="dish-machine">${t("menu.machine")}</span>`}
        ${dish.sandbox && html`<span class="tag warn">${t("sandbox")}</span>`}
        ${clash.length > 0 &&
        html`<span class="dish-clash">
          <${Icon} name="warn" /> ${t("contains", { list: list(clash.map(allergenName)) })}
        </span>`}
        <span class="dish-foot">
          <span class="price">${money(dish.price, currency)}</span>
          ${!dish.available && html`<span class="tag bad">${t("soldOut")}</span>`}
          ${few && html`<span class="tag warn">${t("left", { count: dish.quantity })}</span>`}
        </span>
      </button>
      <button
        class=${`add-button ${count ? "has" : ""}`}
        data-dish=${dish.id}
        disabled=${!dish.available}
        aria-haspopup=${dish.groups.length ? "dialog" : undefined}
        aria-busy=${waiting ? "true" : undefined}
        aria-label=${`${count || ""} ${t("addNamed", { name: dish.name })}`.trim()}
        onClick=${onQuick}
      >
        ${count ? html`<span class="add-count">${count}</span>` : html`<${Icon} name="plus" />`}
      </button>
    </li>
  `;
}

const portionsOf = (dish, lines) =>
  lines
    .filter((line) => line.menuItemId === dish.id)
    .reduce((sum, line) => sum + line.quantity, 0);

function AllergenFilter({ avoided, onChange }) {
  const [open, setOpen] = useState(false);
  const all = new Set([...menu.dishes.value.values()].flatMap((dish) => dish.allergens));
  if (!all.size) return null;
  const toggle = (code) =>
    onChange(avoided.includes(code) ? avoided.filter((each) => each !== code) : [...avoided, code]);
  return html`
    <button
      class=${`icon-button filter-button ${avoided.length ? "on" : ""}`}
      aria-label=${t("allergens")}
      onClick=${() => setOpen(true)}
    >
      <${Icon} name="filter" />
      ${avoided.length > 0 && html`<span class="count">${avoided.length}</span>`}
    </button>
    ${open &&
    html`<${Sheet}
      title=${t("allergens")}
      subtitle=${t("allergens.text")}
      kind="small"
      footer=${html`<button class="button primary grow" onClick=${() => setOpen(false)}>
        ${t("done")}
      </button>`}
      onClose=${() => setOpen(false)}
    >
      <div class="chips">
        ${[...all].map(
          (code) => html`<button
            class="chip"
            aria-pressed=${avoided.includes(code)}
            onClick=${() => toggle(code)}
          >
            ${allergenName(code)}
          </button>`,
        )}
      </div>
    </${Sheet}>`}
  `;
}

function jump(event, id) {
  event.preventDefault();
  document.getElementById(`c-${id}`).scrollIntoView();
}

// The first dishes in their categories.
function* first(categories) {
  let left = AT_FIRST;
  for (const category of categories) {
    if (left > 0) yield { ...category, items: category.items.slice(0, left) };
    left -= category.items.length;
  }
}

// False for the first drawing: what is out of sight may come a moment later.
function useWhole() {
  const [whole, setWhole] = useState(false);
  useEffect(() => {
    const timer = setTimeout(() => setWhole(true));
    return () => clearTimeout(timer);
  }, []);
  return whole;
}

// Which category is under the tabs now.
function useScrollSpy(categories) {
  const [current, setCurrent] = useState(categories[0]?.id);
  const seen = useRef(new Map());
  useEffect(() => {
    const watcher = new IntersectionObserver(
      (entries) => {
        for (const entry of entries) seen.current.set(entry.target.id, entry.isIntersecting);
        const first = categories.find((category) => seen.current.get(`c-${category.id}`));
        if (first) setCurrent(first.id);
      },
      { rootMargin: "-150px 0px -55% 0px" },
    );
    for (const category of categories) {
      const section = document.getElementById(`c-${category.id}`);
      if (section) watcher.observe(section);
    }
    return () => watcher.disconnect();
  }, [categories.map((category) => category.id).join()]);
  useEffect(() => {
    const tab = document.querySelector('.categories [aria-current="true"]');
    const bar = tab?.parentElement;
    if (bar) bar.scrollTo({ left: tab.offsetLeft - (bar.clientWidth - tab.offsetWidth) / 2 });
  }, [current]);
  return current;
}
