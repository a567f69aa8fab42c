// The menu as one reader sees it, with what is sold out kept live.

import { computed, signal } from "@preact/signals-core";
import { get } from "./api.js";

export function createMenu(restaurantId) {
  const menu = signal(null);
  const live = signal({}); // menuItemId -> {available, quantity, seq}, as events have told
  let language = "";

  const categories = computed(() =>
    (menu.value?.categories ?? []).map((category) => ({
      ...category,
      items: category.items.map((item) => ({ ...item, ...newer(item.id) })),
    })),
  );
  const dishes = computed(
    () => new Map(categories.value.flatMap((category) => category.items.map((d) => [d.id, d]))),
  );

  // An event that is older than the menu has been overtaken by it.
  function newer(id) {
    const { seq, ...told } = live.value[id] ?? {};
    return seq > menu.value.seq ? told : {};
  }

  return {
    restaurantId,
    menu,
    categories,
    dishes,
    dish: (id) => dishes.value.get(id),
    currency: () => menu.value?.currency ?? "EUR",
    station: (id) => menu.value?.stations.find((station) => station.id === id)?.name ?? id,
    // The menu of last time, until the hub has told of today's.
    restore(kept, lang) {
      menu.value = kept;
      this.load(lang).catch(() => {});
    },
    // `early` may have it already, {lang, found}.
    async load(lang = language, early = null) {
      language = lang;
      const path = `/api/restaurants/${restaurantId}/menu?lang=${encodeURIComponent(lang)}`;
      const had = await early;
      const loaded = had?.lang === lang ? had.found : await get(path);
      if (lang !== language) return; // a later choice overtook this one
      if (loaded.language === menu.value?.language && loaded.seq < menu.value.seq) return;
      menu.value = loaded;
    },
    // What was told of the menu between reading it and joining no event will tell again.
    joined({ menuSeq }) {
      if (menuSeq !== undefined && menu.value && menuSeq !== menu.value.seq) {
        this.load().catch(() => {});
      }
    },
    // Events of the log that concern the menu.
    async hear(name, data, { seq }) {
      if (name === "menu:availability") {
        const { menuItemId, available, quantity } = data;
        live.value = { ...live.value, [menuItemId]: { available, quantity, seq } };
      } else if (name === "menu:changed" && !(seq <= menu.value?.seq)) {
        await this.load().catch(() => {});
      }
    },
  };
}

// Texts of the modifiers chosen, in this menu's language.
export function modifierNames(dish, ids) {
  const names = new Map(
    (dish?.groups ?? []).flatMap((group) => group.modifiers.map((m) => [m.id, m.name])),
  );
  return ids.map((id) => names.get(id)).filter(Boolean);
}

export function priceOf(dish, modifierIds, quantity = 1) {
  const deltas = new Map(
    dish.groups.flatMap((group) => group.modifiers.map((m) => [m.id, m.priceDelta])),
  );
  const extra = modifierIds.reduce((sum, id) => sum + (deltas.get(id) ?? 0), 0);
  return Math.max(0, dish.price + extra) * quantity;
}

// The first group whose choice is still to be made.
export function missing(dish, modifierIds) {
  return dish.groups.find((group) => {
    const count = group.modifiers.filter((m) => modifierIds.includes(m.id)).length;
    return count < group.min || count > group.max;
  });
}
