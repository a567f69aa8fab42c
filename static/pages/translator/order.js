// A spoken order, read back: nothing of it is in the cart before its guest has said yes.

import { signal } from "@preact/signals";
import { useEffect } from "preact/hooks";
import { list } from "../../lib/format.js";
import { t } from "../../lib/i18n.js";
import { complain, html, Icon, Sheet, toast } from "../../lib/ui.js";
import { allergenName } from "../../parts/dish.js";
import * as aloud from "./aloud.js";
import { proposal } from "./speech.js";
import { link } from "./talk.js";

const sending = signal(false);

export function Confirm() {
  const heard = proposal.value;
  useEffect(() => {
    if (heard?.speech && aloud.on.value) aloud.play(heard.speech.url).catch(() => {}); // it is on the screen
  }, [heard]);
  if (!heard) return null;
  const { lines, unclear, unmatched, allergy, allergens } = heard.proposal;
  const good = lines.filter((line) => line.available && !line.choose);
  const close = () => {
    proposal.value = null;
  };
  const footer = html`
    <button class="button" onClick=${close}>${t("talk.notRight")}</button>
    <button
      class="button primary grow"
      disabled=${good.length === 0 || sending.value}
      onClick=${() => add(good)}
    >
      ${t("talk.addAll", { count: good.reduce((sum, line) => sum + line.quantity, 0) })}
    </button>
  `;
  return html`<${Sheet} title=${t("talk.isThisRight")} subtitle=${heard.text} footer=${footer} onClose=${close}>
    <ul class="proposed">
      ${lines.map((line) => html`<${Line} line=${line} />`)}
    </ul>
    ${lines.length === 0 && html`<p>${t("talk.noDish")}</p>`}
    ${unclear.map((each) => html`<${Choice} each=${each} />`)}
    ${unmatched.length > 0 &&
    html`<p class="proposed-rest"><${Icon} name="warn" /> ${t("talk.notUnderstood", { list: list(unmatched) })}</p>`}
    ${(allergy || allergens.length > 0) &&
    html`<p class="proposed-rest allergy">
      <${Icon} name="warn" />
      ${allergens.length ? t("talk.allergensSaid", { list: list(allergens.map(allergenName)) }) : t("talk.allergy")}
    </p>`}
  </${Sheet}>`;
}

function Line({ line }) {
  const why = (!line.available && "soldOut") || (line.choose && "talk.choose");
  return html`<li class=${why ? "off" : ""}>
    <span class="qty">${line.quantity}×</span>
    <span class="grow">${line.name}</span>
    ${why && html`<span class="tag warn">${t(why)}</span>`}
  </li>`;
}

// Words that may mean several dishes, or only sound like one: a tap says which.
function Choice({ each }) {
  const choose = (line) => {
    const now = proposal.value;
    const { lines, unclear } = now.proposal;
    const rest = unclear.filter((other) => other !== each);
    proposal.value = {
      ...now,
      speech: null,
      proposal: { ...now.proposal, lines: [...lines, line], unclear: rest },
    };
  };
  return html`<div role="group" aria-label=${each.heard}>
    <p class="proposed-rest"><${Icon} name="warn" /> ${t("talk.didYouMean", { words: each.heard })}</p>
    <div class="chips">
      ${each.options.map(
        (line) => html`<button class="chip" onClick=${() => choose(line)}>${line.quantity}× ${line.name}</button>`,
      )}
    </div>
  </div>`;
}

async function add(lines) {
  sending.value = true;
  try {
    for (const { menuItemId, quantity } of lines) await link.send("cart:add", { menuItemId, quantity });
    toast(t("talk.added"));
    proposal.value = null;
  } catch (error) {
    complain(error);
  }
  sending.value = false;
}
