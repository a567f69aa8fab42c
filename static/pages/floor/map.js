// The map: a picture for eyes and fingers. What it says, the list beside it says to everybody else.

import { useLayoutEffect, useRef, useState } from "preact/hooks";
import { t } from "../../lib/i18n.js";
import { around, byZone, SIZE } from "../../lib/tables.js";
import { html, Icon } from "../../lib/ui.js";
import * as floor from "../waiter/floor.js";
import {
  arranging, canServe, confirmMove, minutesOf, moving, of, open, pointed, put, room, shown, spots,
  totalText,
} from "./state.js";

const CELL = 20; // units of the picture
const TABLE = SIZE * CELL;
const LEAST = 0.62; // px a unit: less cannot be read, and a phone scrolls instead
const FAR = 8; // px a finger moves before it is a drag

export const ICONS = {
  free: "table", seated: "user", ordering: "list", waiting: "clock", ready: "check",
  eating: "fork", bill: "bill", dirty: "wipe",
};

export function FloorMap() {
  const svg = useRef(null);
  const [drag, setDrag] = useState(null); // {id, from, x, y, far}
  useLayoutEffect(() => {
    const measure = new ResizeObserver(([{ contentRect: { width, height } }]) => {
      if (width > 0) room.value = { width, height };
    });
    measure.observe(svg.current.parentElement);
    return () => measure.disconnect();
  }, []);
  const zones = [...byZone(floor.tables.value)];
  const box = whole(zones);
  const at = (event) => {
    const matrix = svg.current.getScreenCTM().inverse();
    const point = new DOMPoint(event.clientX, event.clientY).matrixTransform(matrix);
    return { x: point.x / CELL, y: point.y / CELL };
  };
  const grab = (event, table) => {
    if (event.button !== 0 || !draggable(table)) return;
    svg.current.setPointerCapture(event.pointerId);
    const spot = spots.value.get(table.id);
    const { x, y } = at(event);
    const held = { x: x - spot.x, y: y - spot.y };
    setDrag({ id: table.id, from: { x: event.clientX, y: event.clientY }, held, spot, far: false });
  };
  const pull = (event) => {
    if (!drag) return;
    const { x, y } = at(event);
    const spot = { x: x - drag.held.x, y: y - drag.held.y };
    const far =
      drag.far || Math.hypot(event.clientX - drag.from.x, event.clientY - drag.from.y) > FAR;
    setDrag({ ...drag, spot, far, over: far && !arranging.value ? under(at(event), drag.id) : null });
  };
  const drop = () => {
    if (!drag) return;
    setDrag(null);
    if (!drag.far) return tap(drag.id);
    if (arranging.value) put(drag.id, drag.spot.x, drag.spot.y);
    else if (drag.over) confirmMove(of(drag.id).table, of(drag.over).table);
  };
  return html`
    <svg
      ref=${svg}
      class="floor-map"
      viewBox=${`${box.x} ${box.y} ${box.width} ${box.height}`}
      preserveAspectRatio="xMidYMin"
      style=${{ "--least": `${Math.round(box.width * LEAST)}px` }}
      aria-hidden="true"
      onPointerMove=${pull}
      onPointerUp=${drop}
      onPointerCancel=${() => setDrag(null)}
    >
      ${zones.map(([name, tables]) => {
        const box = around(tables, spots.value);
        // Drawn anew where it moves: Chromium may leave a rectangle where another layout had it.
        return html`<${Zone} key=${[name, ...Object.values(box)].join()} name=${name} box=${box} />`;
      })}
      ${shown.value.map(
        (each) => html`<${Table}
          key=${each.table.id}
          each=${each}
          spot=${drag?.id === each.table.id && drag.far ? drag.spot : spots.value.get(each.table.id)}
          over=${drag?.over === each.table.id}
          lifted=${drag?.id === each.table.id && drag.far}
          onGrab=${(event) => grab(event, each.table)}
        />`,
      )}
    </svg>
  `;
}

const draggable = (table) => arranging.value || (canServe.value && table.sessionId);

function tap(id) {
  if (arranging.value) return;
  if (moving.value) confirmMove(of(moving.value).table, of(id).table);
  else open.value = id;
}

function under({ x, y }, except) {
  for (const [id, spot] of spots.value) {
    const inside = x >= spot.x && x <= spot.x + SIZE && y >= spot.y && y <= spot.y + SIZE;
    if (inside && id !== except) return id;
  }
  return null;
}

function whole(zones) {
  const boxes = zones.map(([, tables]) => around(tables, spots.value));
  const x = Math.min(0, ...boxes.map((box) => box.x));
  const y = Math.min(...boxes.map((box) => box.y), 2);
  const right = Math.max(...boxes.map((box) => box.x + box.width), 20);
  const bottom = Math.max(...boxes.map((box) => box.y + box.height), 20);
  const cells = { x: x - 0.5, y: y - 0.5, width: right - x + 1, height: bottom - y + 1 };
  return Object.fromEntries(Object.entries(cells).map(([key, value]) => [key, value * CELL]));
}

function Zone({ name, box }) {
  return html`<g class="zone-area">
    <rect
      x=${box.x * CELL}
      y=${box.y * CELL}
      width=${box.width * CELL}
      height=${box.height * CELL}
      rx="18"
    />
    <text x=${(box.x + 0.75) * CELL} y=${(box.y + 1.6) * CELL}>${name || t("floor.room")}</text>
  </g>`;
}

function Table({ each, spot, over, lifted, onGrab }) {
  const { table, state } = each;
  const minutes = minutesOf(each);
  const classes = [
    "spot",
    `t-${state}`,
    over && "over",
    lifted && "lifted",
    moving.value === table.id && "moving",
    pointed.value === table.id && "pointed",
    draggable(table) && "draggable",
  ];
  const lines = [minutes !== null && t("minutes", { count: minutes }), totalText(each)];
  return html`
    <g
      class=${classes.filter(Boolean).join(" ")}
      data-table=${table.number}
      transform=${`translate(${spot.x * CELL} ${spot.y * CELL})`}
      onPointerDown=${onGrab}
      onClick=${() => draggable(table) || tap(table.id)}
    >
      ${chairs(table.seats).map(
        ([x, y]) => html`<rect class="chair" x=${x - 9} y=${y - 9} width="18" height="18" rx="6" />`,
      )}
      <rect class="top" width=${TABLE} height=${TABLE} rx=${table.seats <= 2 ? 34 : 14} />
      <text class="spot-number" x="50" y="31">${table.number}</text>
      <foreignObject y="38" width=${TABLE} height="20">
        <div class="spot-state"><${Icon} name=${ICONS[state]} /> ${t(`tableState.${state}`)}</div>
      </foreignObject>
      ${lines
        .filter(Boolean)
        .map((line, index) => html`<text class="spot-line" x="50" y=${73 + index * 16}>${line}</text>`)}
      ${each.calling &&
      html`<g class="spot-bell">
        <circle cx="92" cy="8" r="16" />
        <${Icon} name="bell" x="82" y="-2" width="20" height="20" />
      </g>`}
    </g>
  `;
}

// Chairs stand along the top and the bottom, and from five on at the sides too.
function chairs(seats) {
  const sides = seats > 6 ? 2 : 0;
  const rows = Math.min(8, seats) - sides;
  const top = Math.ceil(rows / 2);
  const line = (count, y) =>
    Array.from({ length: count }, (_, index) => [((index + 1) * TABLE) / (count + 1), y]);
  const ends = sides ? [[0, TABLE / 2], [TABLE, TABLE / 2]] : [];
  return [...line(top, 0), ...line(rows - top, TABLE), ...ends];
}
