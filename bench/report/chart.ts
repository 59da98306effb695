import type { Result } from '../result.js';
import { number } from './table.js';

const WIDTH = 860;
const LABEL_WIDTH = 300;
const BAR_HEIGHT = 16;
const ROW_HEIGHT = 20;
const GROUP_GAP = 34;
const VALUE_WIDTH = 110;
const COLOURS: Readonly<Record<string, string>> = { ours: '#2f6f4f', 'same-state': '#8a8f98', lean: '#c2c6cc' };

/** Commands per second of every throughput workload as bars; each workload has a scale of its own. */
export function chartOf(results: readonly Result[]): string {
  const shown = results
    .map(({ title, figures }) => ({
      title,
      bars: figures.filter(({ unit, contestant }) => unit === 'commands/s' && contestant in COLOURS),
    }))
    .filter(({ bars }) => bars.length > 1);
  const parts: string[] = [];
  let y = 16;
  for (const { title, bars } of shown) {
    const longest = Math.max(...bars.map(({ value }) => value.median));
    parts.push(`<text x="0" y="${y}" class="title">${escape(title)}</text>`);
    y += 10;
    for (const { contestant, setting, value } of bars) {
      const width = Math.max(1, ((WIDTH - LABEL_WIDTH - VALUE_WIDTH) * value.median) / longest);
      const middle = y + BAR_HEIGHT - 4;
      parts.push(
        `<text x="12" y="${middle}">${escape(`${contestant}, ${setting}`)}</text>`,
        `<rect x="${LABEL_WIDTH}" y="${y}" width="${width.toFixed(1)}" height="${BAR_HEIGHT}" fill="${COLOURS[contestant]}"/>`,
        `<text x="${(LABEL_WIDTH + width + 6).toFixed(1)}" y="${middle}">${number(value.median)}/s</text>`,
      );
      y += ROW_HEIGHT;
    }
    y += GROUP_GAP - 10;
  }
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${y}" role="img" aria-label="Commands per second, reserve then commit">`,
    '<style>text { font: 12px system-ui, sans-serif; fill: #24292f } .title { font-weight: 600 } svg { background: #fff }</style>',
    `<rect width="${WIDTH}" height="${y}" fill="#ffffff"/>`,
    ...parts,
    '</svg>',
    '',
  ].join('\n');
}

function escape(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;');
}
