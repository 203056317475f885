/** Says where a parcel goes: by its size, to the shelf with the most room. */

export const SIZES = ["small", "medium", "large"];

export const SHELVES = [
  { name: "A", size: "small", places: 40 },
  { name: "B", size: "small", places: 20 },
  { name: "C", size: "medium", places: 12 },
  { name: "D", size: "large", places: 6 },
];

/**
 * The shelf for a parcel: the smallest size that fits, and of those the one with the most room.
 *
 * @param {string} size - of the parcel.
 * @param {ReadonlyMap<string, number>} taken - places that are taken, by the shelf's name.
 * @param {typeof SHELVES} [shelves]
 * @returns {string | null} the shelf's name; null where there is no room.
 */
export function shelfFor(size, taken, shelves = SHELVES) {
  const room = (shelf) => shelf.places - (taken.get(shelf.name) ?? 0);
  const fitting = shelves
    .filter((shelf) => SIZES.indexOf(shelf.size) >= SIZES.indexOf(size) && room(shelf) > 0)
    .sort(
      (a, b) =>
        SIZES.indexOf(a.size) - SIZES.indexOf(b.size) ||
        room(b) - room(a) ||
        a.name.localeCompare(b.name),
    );
  return fitting.length > 0 ? fitting[0].name : null;
}
