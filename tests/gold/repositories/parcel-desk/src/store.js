/** Keeps parcels in memory, and where they are. */

import { RefusedError } from "./errors.js";
import { shelfFor } from "./shelves.js";

/**
 * @typedef {object} Parcel
 * @property {number} id
 * @property {string} recipient
 * @property {string} size
 * @property {string} shelf - where it lies, or lay.
 * @property {string} arrived - when, as ISO 8601.
 * @property {string | null} collected - when, or null while it is here.
 */

export class ParcelStore {
  #parcels = new Map();
  #next = 1;
  #clock;

  /** @param {() => Date} clock - tells the time. */
  constructor(clock = () => new Date()) {
    this.#clock = clock;
  }

  /**
   * Keep a parcel that has arrived.
   *
   * @throws {RefusedError} 409, there is no room for it.
   */
  receive(recipient, size) {
    const shelf = shelfFor(size, this.#taken());
    if (shelf === null) throw new RefusedError(409, `there is no room for a ${size} parcel`);
    const arrived = this.#clock().toISOString();
    const parcel = { id: this.#next, recipient, size, shelf, arrived, collected: null };
    this.#parcels.set(parcel.id, parcel);
    this.#next += 1;
    return { ...parcel };
  }

  /**
   * One parcel.
   *
   * @throws {RefusedError} 404, there is none of this id.
   */
  find(id) {
    return { ...this.#known(id) };
  }

  /**
   * Hand a parcel to its recipient.
   *
   * @throws {RefusedError} 404, there is none; 409, somebody has it already.
   */
  collect(id) {
    const parcel = this.#known(id);
    if (parcel.collected !== null) {
      throw new RefusedError(409, `parcel ${id} was collected on ${parcel.collected}`);
    }
    parcel.collected = this.#clock().toISOString();
    return { ...parcel };
  }

  /** Parcels that are here, of everybody or of one recipient, in the order of their arrival. */
  waiting(recipient = null) {
    const wanted = recipient?.toLowerCase();
    return [...this.#parcels.values()]
      .filter((parcel) => parcel.collected === null)
      .filter((parcel) => wanted === undefined || parcel.recipient.toLowerCase() === wanted)
      .map((parcel) => ({ ...parcel }));
  }

  #known(id) {
    const parcel = this.#parcels.get(id);
    if (parcel === undefined) throw new RefusedError(404, `there is no parcel ${id}`);
    return parcel;
  }

  #taken() {
    const taken = new Map();
    for (const { shelf } of this.waiting()) taken.set(shelf, (taken.get(shelf) ?? 0) + 1);
    return taken;
  }
}
