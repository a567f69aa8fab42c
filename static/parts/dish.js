// One dish, its choices and its price counting along.

import { useRef, useState } from "preact/hooks";
import { list, money } from "../lib/format.js";
import { has, t } from "../lib/i18n.js";
import { missing, priceOf } from "../lib/menu.js";
import { html, Sheet, Stepper } from "../lib/ui.js";

export function allergenName(code) {
  const key = `allergen.${code}`;
  return has(key) ? t(key) : code;
}

// Its name is beside it, so a reader who does not see it misses nothing.
export function DishPhoto({ photo, large = false }) {
  const [width, height] = large ? [1280, 960] : [320, 240];
  return html`<img
    class=${`dish-photo ${large ? "large" : ""}`}
    src=${`/api/photos/${photo}/${large ? "large" : "small"}`}
    width=${width}
    height=${height}
    loading="lazy"
    alt=""
  />`;
}

// onAdd({quantity, modifiers, note}) is called once everything due is chosen.
export function DishSheet({ dish, currency, onAdd, onClose }) {
  const [quantity, setQuantity] = useState(1);
  const [chosen, setChosen] = useState([]);
  const [note, setNote] = useState("");
  const [due, setDue] = useState(null);
  const body = useRef(null);
  const most = dish.quantity ?? 99;

  const add = () => {
    const group = missing(dish, chosen);
    setDue(group?.id ?? null);
    if (!group) return onAdd({ quantity, modifiers: chosen, note: note.trim() });
    const place = body.current.querySelector(`[data-group="${CSS.escape(group.id)}"]`);
    place.scrollIntoView({ block: "start" });
    place.querySelector("input:not(:disabled)")?.focus();
  };

  const footer = html`
    <${Stepper} value=${quantity} max=${most} onChange=${setQuantity} />
    <button class="button primary grow" disabled=${!dish.available} onClick=${add}>
      <span>${dish.available ? t("add") : t("soldOut")}</span>
      <span class="price" aria-live="polite">${money(priceOf(dish, chosen, quantity), currency)}</span>
    </button>
  `;
  return html`
    <${Sheet} title=${dish.name} subtitle=${dish.description} footer=${footer} onClose=${onClose}>
      <div ref=${body} class="dish-choices">
        ${dish.photo && html`<${DishPhoto} photo=${dish.photo} large />`}
        ${dish.allergens.length > 0 &&
        html`<p class="allergens">
          ${t("contains", { list: list(dish.allergens.map(allergenName)) })}
        </p>`}
        ${dish.groups.map(
          (group) => html`<${Group}
            key=${group.id}
            group=${group}
            chosen=${chosen}
            onChange=${setChosen}
            due=${due === group.id}
            currency=${currency}
          />`,
        )}
        <label class="field">
          <span>${t("dish.note")}</span>
          <textarea
            rows="2"
            maxlength="500"
            placeholder=${t("dish.noteHint")}
            onInput=${(event) => setNote(event.currentTarget.value)}
          ></textarea>
        </label>
      </div>
    </${Sheet}>
  `;
}

function Group({ group, chosen, onChange, due, currency }) {
  const own = group.modifiers.map((m) => m.id);
  const taken = own.filter((id) => chosen.includes(id));
  const single = group.max === 1;
  const toggle = (id) => {
    const others = chosen.filter((each) => !(single ? own.includes(each) : each === id));
    const off = chosen.includes(id) && !(single && group.min === 1);
    onChange(off ? chosen.filter((each) => each !== id) : [...others, id]);
  };
  return html`
    <fieldset class=${`group ${due ? "due" : ""}`} data-group=${group.id}>
      <legend>
        <span>${group.name}</span>
        <span class="rule">${rule(group)}</span>
      </legend>
      ${group.modifiers.map((m) => {
        const on = chosen.includes(m.id);
        const full = !single && !on && taken.length >= group.max;
        return html`
          <label class=${`option ${m.available ? "" : "gone"}`}>
            <input
              type=${single && group.min === 1 ? "radio" : "checkbox"}
              name=${group.id}
              checked=${on}
              disabled=${!m.available || full}
              onChange=${() => toggle(m.id)}
            />
            <span class="option-name">${m.name}${m.available ? "" : ` · ${t("soldOut")}`}</span>
            ${m.priceDelta !== 0 &&
            html`<span class="price">${money(m.priceDelta, currency, { sign: true })}</span>`}
          </label>
        `;
      })}
    </fieldset>
  `;
}

function rule(group) {
  if (group.min === group.max) return t("choose.exactly", { count: group.min });
  if (group.min > 0) return t("choose.between", { min: group.min, max: group.max });
  return t("choose.upTo", { count: group.max });
}
