// Which notes speak of an allergy: pure, so that it can be tested without a screen.

// "allergy" as guests write it, in the languages of our texts. The hub knows more words for it.
const ALLERGY = /allerg|аллерг|アレルギ|حساسي/i;

export const isAllergy = (note, beside) => Boolean(beside?.allergy) || ALLERGY.test(note);

export function hasAllergy(order) {
  return [order, ...order.items].some(({ note, noteTranslation }) => isAllergy(note, noteTranslation));
}
