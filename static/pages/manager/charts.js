// Charts, drawn to the pixel they are shown at. Each says in words what it shows; beside it is a
// table of the same numbers.

import { useEffect, useRef, useState } from "preact/hooks";
import { elapsed, number } from "../../lib/format.js";
import { t } from "../../lib/i18n.js";
import { html } from "../../lib/ui.js";

const HEIGHT = 240;
const FOOT = 28; // px for the labels below
const SIDE = 44; // px for the numbers beside
const TOP = 12;
const LABEL = 64; // px that a label below needs

export function Bars({ bars, unit }) {
  const [ref, width] = useWidth();
  const most = niceTop(Math.max(1, ...bars.map((bar) => bar.value)));
  const step = (width - SIDE) / Math.max(1, bars.length);
  const every = Math.max(1, Math.ceil(LABEL / step));
  const high = (value) => (value / most) * (HEIGHT - FOOT - TOP);
  const best = bars.reduce((top, bar) => (bar.value > top.value ? bar : top), bars[0]);
  const about = t("m.chart.bars", { count: bars.length, label: best?.label, value: number(best?.value ?? 0), unit });
  return html`
    <div ref=${ref} class="chart">
      <svg width=${width} height=${HEIGHT} role="img" aria-label=${about}>
        ${[0, most / 2, most].map((value) => html`<${Line} y=${HEIGHT - FOOT - high(value)} width=${width} text=${number(value)} />`)}
        ${bars.map((bar, at) => {
          const x = SIDE + at * step;
          return html`<g>
            <title>${`${bar.label}: ${bar.note}`}</title>
            <rect class="bar-hit" x=${x} y="0" width=${step} height=${HEIGHT - FOOT} />
            <rect
              class=${`chart-bar ${bar === best ? "best" : ""}`}
              x=${x + step * 0.14}
              y=${HEIGHT - FOOT - high(bar.value)}
              width=${Math.min(64, Math.max(1, step * 0.72))}
              height=${high(bar.value)}
              rx=${Math.min(4, step / 4)}
            />
            ${at % every === 0 &&
            html`<text class="chart-text" x=${x + Math.min(64, step * 0.72) / 2 + step * 0.14} y=${HEIGHT - 8} text-anchor="middle">${bar.label}</text>`}
          </g>`;
        })}
      </svg>
    </div>
  `;
}

function Line({ y, width, text }) {
  return html`
    <line class="chart-line" x1=${SIDE} x2=${width} y1=${y} y2=${y} />
    <text class="chart-text" x=${SIDE - 8} y=${y + 4} text-anchor="end">${text}</text>
  `;
}

const ROW = 56;
const MARK = 7;

// How long stations take: half of all dishes, nine of ten, all but one in a hundred.
export function Ranges({ rows }) {
  const [ref, width] = useWidth();
  const most = niceSpan(Math.max(...rows.map((row) => row.p99), 60));
  const left = Math.min(120, width / 4);
  const x = (seconds) => left + (seconds / most) * (width - left - 24);
  const height = rows.length * ROW + FOOT;
  const about = rows
    .map((row) => t("m.chart.range", { name: row.name, p50: span(row.p50), p90: span(row.p90), p99: span(row.p99) }))
    .join(". ");
  return html`
    <div ref=${ref} class="chart">
      <svg width=${width} height=${height} role="img" aria-label=${about}>
        ${[0, most / 3, (2 * most) / 3, most].map(
          (seconds) => html`<line class="chart-line" x1=${x(seconds)} x2=${x(seconds)} y1="0" y2=${height - FOOT} />
            <text class="chart-text" x=${x(seconds)} y=${height - 8} text-anchor="middle">${span(seconds)}</text>`,
        )}
        ${rows.map((row, at) => {
          const y = at * ROW + ROW / 2;
          return html`<g>
            <title>${`${row.name}: p50 ${span(row.p50)}, p90 ${span(row.p90)}, p99 ${span(row.p99)}`}</title>
            <text class="chart-name" x="0" y=${y + 5}>${row.name}</text>
            <line class="range-line" x1=${x(row.p50)} x2=${x(row.p99)} y1=${y} y2=${y} />
            <circle class="range-p50" cx=${x(row.p50)} cy=${y} r=${MARK} />
            <rect class="range-p90" x=${x(row.p90) - MARK} y=${y - MARK} width=${2 * MARK} height=${2 * MARK} rx="2" />
            <path class="range-p99" d=${`M${x(row.p99)} ${y - MARK - 2}l${MARK + 2} ${MARK + 2}l${-MARK - 2} ${MARK + 2}l${-MARK - 2} ${-MARK - 2}z`} />
          </g>`;
        })}
      </svg>
      <p class="legend" aria-hidden="true">
        <span><i class="mark p50"></i>p50</span><span><i class="mark p90"></i>p90</span><span><i class="mark p99"></i>p99</span>
      </p>
    </div>
  `;
}

const span = (seconds) => elapsed(Math.round(seconds));

// The next number that looks well at the top of an axis, and halved in its middle.
function niceTop(value) {
  const power = 10 ** Math.floor(Math.log10(value));
  const steps = power === 1 ? [2, 4, 6, 8, 10] : [1, 1.2, 1.6, 2, 2.4, 3, 4, 5, 6, 8, 10];
  return steps.map((step) => step * power).find((step) => step >= value);
}

const niceSpan = (seconds) => Math.ceil(seconds / 180) * 180; // thirds are whole minutes

function useWidth() {
  const ref = useRef(null);
  const [width, setWidth] = useState(600);
  useEffect(() => {
    const watcher = new ResizeObserver(([entry]) => setWidth(Math.floor(entry.contentRect.width)));
    watcher.observe(ref.current);
    return () => watcher.disconnect();
  }, []);
  return [ref, width];
}
