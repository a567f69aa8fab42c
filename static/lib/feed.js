// Snapshot and events of one join, brought into one order. Pure: the socket is elsewhere.
//
// Events may arrive before the snapshot they come after, and again on replay; `seq` decides.

const SNAPSHOTS = new Set(["orders:active", "orders:pending"]);

// `from` is where the picture stands that is shown already.
export function createFeed({ show, apply, restart, from = null }) {
  let seq = from;
  let waiting = false; // for a snapshot, or for the answer to a join
  let asking = false;
  let resetTold = false;
  let shown = false;
  let queue = [];

  function take(at, snapshot) {
    shown = true;
    seq = at;
    show(snapshot);
    flush();
  }

  function flush() {
    waiting = false;
    const kept = queue;
    queue = [];
    for (const [name, data, meta] of kept) pass(name, data, meta);
  }

  function pass(name, data, meta) {
    if (typeof meta?.seq === "number") {
      if (seq !== null && meta.seq <= seq) return;
      seq = meta.seq;
    }
    apply(name, data, meta);
  }

  return {
    get seq() {
      return seq;
    },
    joining() {
      waiting = asking = true;
      resetTold = shown = false;
      queue = [];
    },
    joined(data, since) {
      asking = false;
      resetTold = Boolean(data.reset);
      if (data.orders ?? data.messages) take(data.seq, data);
      else if (shown) flush();
      else if (since !== null && !data.reset) flush();
      // else the snapshot is an event of its own, on its way
    },
    hear(name, data, meta) {
      if (SNAPSHOTS.has(name)) take(meta.seq, { orders: data });
      else if (name === "sync:reset") this.reset();
      else if (waiting) queue.push([name, data, meta]);
      else pass(name, data, meta);
    },
    // The answer to a join tells of a reset too; only one that it did not tell of is news.
    reset() {
      if (asking) return;
      if (resetTold) resetTold = false;
      else restart();
    },
  };
}
