import { setTimeout as pause } from 'node:timers/promises';

/** What goes wrong with the fetches of the key set. */
export class KeySetFaults {
  #fault = { fetches: 0 };

  /**
   * The next `fetches` of the key set (all, until told otherwise, when left out) are answered with the status
   * `status`, or by closing the connection when `closed`, or as ever; in each case `delay_ms` later.
   */
  set({ fetches = Infinity, status, closed = false, delay_ms = 0 } = {}) {
    if (status !== undefined && closed) throw new TypeError('status and closed: a fetch has one answer');
    this.#fault = { fetches, status, closed, delay_ms };
  }

  /** Does to one fetch what it has to. Returns whether it is answered thereby. */
  async spoil(response) {
    if (this.#fault.fetches <= 0) return false;
    this.#fault.fetches -= 1;
    const { status, closed, delay_ms } = this.#fault;
    if (delay_ms) await pause(delay_ms);
    if (closed) response.destroy();
    else if (status !== undefined) response.writeHead(status).end();
    return closed || status !== undefined;
  }
}
