// Keeps what a visitor wants to buy, and what it costs.

const MOST_OF_ONE = 99;

export class CartError extends Error {}

export function createCart(prices) {
  const counts = new Map();

  function add(article, count = 1) {
    if (!prices.has(article)) {
      throw new CartError(`unknown article: ${article}`);
    }
    if (!Number.isInteger(count) || count < 1) {
      throw new CartError(`not a number of articles: ${count}`);
    }
    const before = counts.get(article) ?? 0;
    if (before + count > MOST_OF_ONE) {
      throw new CartError(`at most ${MOST_OF_ONE} of ${article}`);
    }
    counts.set(article, before + count);
  }

  function remove(article) {
    if (!counts.delete(article)) {
      throw new CartError(`not in the cart: ${article}`);
    }
  }

  function total(discount = 0) {
    let cents = 0;
    for (const [article, count] of counts) {
      cents += prices.get(article) * count;
    }
    return Math.round(cents * (1 - discount));
  }

  return {
    add,
    remove,
    total,
    get size() {
      return counts.size;
    },
  };
}

export function formatPrice(cents, currency = 'EUR') {
  return new Intl.NumberFormat('en', {
    style: 'currency',
    currency,
  }).format(cents / 100);
}
