// One choice that dishes offer, with its modifiers.

import { useState } from "preact/hooks";
import { amountOf, decimal } from "../../lib/format.js";
import { t } from "../../lib/i18n.js";
import { newId } from "../../lib/ids.js";
import { complain, html, Icon, Sheet } from "../../lib/ui.js";
import { Foot } from "./category.js";
import * as desk from "./desk.js";
import { Field, Problem, sure, Toggle, useForm } from "./parts.js";
import { Texts } from "./texts.js";

const NEW = () => ({ key: newId(), texts: {}, machine: [], price: "0", available: true });

export function ChoiceSheet({ menu, group, onClose }) {
  const [open, setOpen] = useState(null); // the modifier whose texts are shown
  const form = useForm(firstOf(menu, group), {
    version: group?.version,
    save: (values, expectedVersion) =>
      desk.save("menu", "menu/groups", group?.id, bodyOf(menu, values, expectedVersion)),
    done: onClose,
  });
  const { modifiers, min, max } = form.values;
  const change = (key, changes) =>
    form.set({ modifiers: modifiers.map((m) => (m.key === key ? { ...m, ...changes } : m)) });
  const add = () => {
    const fresh = NEW();
    form.set({ modifiers: [...modifiers, fresh] });
    setOpen(fresh.key);
  };
  const drop = async () => {
    if (!(await sure(t("m.menu.dropChoice"), group.texts[menu.language]))) return;
    await desk.remove("menu", "menu/groups", group).then(onClose, complain);
  };
  const count = (name, value) => html`<input
    type="number"
    min=${name === "max" ? 1 : 0}
    max="50"
    required
    value=${value}
    onInput=${(event) => form.set({ [name]: event.currentTarget.valueAsNumber })}
  />`;
  return html`
    <${Sheet}
      title=${t(group ? "m.menu.choice" : "m.menu.addChoice")}
      kind="wide"
      onClose=${onClose}
      footer=${html`<${Foot} form=${form} id="choice-form" onDrop=${group && drop} />`}
    >
      <form id="choice-form" class="form" onSubmit=${form.submit}>
        <${Texts}
          menu=${menu}
          fields=${[{ name: "texts", label: t("m.name"), max: 120 }]}
          values=${form.values}
          onChange=${form.set}
          wrong=${form.wrong}
        />
        <div class="form-row">
          <${Field} label=${t("m.menu.least")} wrong=${form.wrong("min")}>${count("min", min)}</${Field}>
          <${Field} label=${t("m.menu.most")} wrong=${form.wrong("max")}>${count("max", max)}</${Field}>
        </div>
        <fieldset class="modifiers">
          <legend>${t("m.menu.modifiers")}</legend>
          ${modifiers.map(
            (modifier) => html`<${Modifier}
              key=${modifier.key}
              menu=${menu}
              modifier=${modifier}
              open=${open === modifier.key}
              onOpen=${() => setOpen(open === modifier.key ? null : modifier.key)}
              onChange=${(changes) => change(modifier.key, changes)}
              onDrop=${() => form.set({ modifiers: modifiers.filter((m) => m.key !== modifier.key) })}
            />`,
          )}
          <button type="button" class="button" onClick=${add}>
            <${Icon} name="plus" /> ${t("m.menu.addModifier")}
          </button>
        </fieldset>
        <${Problem} error=${form.error} />
      </form>
    </${Sheet}>
  `;
}

function Modifier({ menu, modifier, open, onOpen, onChange, onDrop }) {
  const name = modifier.texts[menu.language] || t("m.menu.newModifier");
  return html`
    <div class="modifier">
      <div class="modifier-row">
        <button type="button" class="row-main" aria-expanded=${open} onClick=${onOpen}>
          <strong>${name}</strong>
          ${!modifier.available && html`<span class="tag bad">${t("soldOut")}</span>`}
          ${modifier.machine.length > 0 && html`<span class="tag warn">${t("m.texts.machine")}</span>`}
        </button>
        <label class="modifier-price">
          <span class="hidden">${t("m.menu.extraFor", { name })}</span>
          <input
            inputmode="decimal"
            required
            value=${modifier.price}
            onInput=${(event) => onChange({ price: event.currentTarget.value })}
          />
        </label>
        <button type="button" class="icon-button" aria-label=${t("m.menu.dropNamed", { name })} onClick=${onDrop}>
          <${Icon} name="close" />
        </button>
      </div>
      ${open &&
      html`<div class="modifier-open">
        <${Texts}
          menu=${menu}
          fields=${[{ name: "texts", label: t("m.name"), max: 120 }]}
          values=${modifier}
          onChange=${onChange}
        />
        <${Toggle}
          label=${t("m.menu.available")}
          checked=${modifier.available}
          onChange=${(available) => onChange({ available })}
        />
      </div>`}
    </div>
  `;
}

function firstOf(menu, group) {
  if (!group) return { texts: {}, machine: [], min: 0, max: 1, modifiers: [NEW()] };
  const modifiers = group.modifiers.map((modifier) => ({
    ...modifier,
    key: modifier.id,
    price: decimal(modifier.priceDelta, menu.currency),
  }));
  return { texts: group.texts, machine: group.machine, min: group.min, max: group.max, modifiers };
}

function bodyOf(menu, { modifiers, ...values }, expectedVersion) {
  return {
    ...values,
    expectedVersion,
    modifiers: modifiers.map(({ id, texts, machine, available, price }) => ({
      id,
      texts,
      machine,
      available,
      priceDelta: amountOf(price, menu.currency),
    })),
  };
}
