// One category of the menu.

import { t } from "../../lib/i18n.js";
import { complain, html, Sheet } from "../../lib/ui.js";
import * as desk from "./desk.js";
import { Problem, sure, useForm } from "./parts.js";
import { Texts } from "./texts.js";

export function CategorySheet({ menu, category, onClose }) {
  const first = category ? { texts: category.texts, machine: category.machine } : { texts: {}, machine: [] };
  const form = useForm(first, {
    version: category?.version,
    save: (values, expectedVersion) =>
      desk.save("menu", "menu/categories", category?.id, { ...values, expectedVersion }),
    done: onClose,
  });
  const drop = async () => {
    if (!(await sure(t("m.menu.dropCategory"), category.texts[menu.language]))) return;
    await desk.remove("menu", "menu/categories", category).then(onClose, complain);
  };
  return html`
    <${Sheet}
      title=${t(category ? "m.menu.category" : "m.menu.addCategory")}
      onClose=${onClose}
      footer=${html`<${Foot} form=${form} id="category-form" onDrop=${category && drop} />`}
    >
      <form id="category-form" class="form" onSubmit=${form.submit}>
        <${Texts}
          menu=${menu}
          fields=${[{ name: "texts", label: t("m.name"), max: 120 }]}
          values=${form.values}
          onChange=${form.set}
          wrong=${form.wrong}
        />
        <${Problem} error=${form.error} />
      </form>
    </${Sheet}>
  `;
}

// The foot of every sheet that edits something.
export function Foot({ form, id, onDrop }) {
  return html`
    ${onDrop &&
    html`<button type="button" class="button danger" onClick=${onDrop}>${t("m.delete")}</button>`}
    <span class="grow"></span>
    <button class="button primary" form=${id} disabled=${form.busy}>${t("save")}</button>
  `;
}
