import type { Ratio, Result } from '../result.js';
import type { Spread } from '../statistics.js';
import { judge } from '../targets.js';

/** One result for a terminal: the contestants, then the ratios beside what was promised. */
export function resultAsText(result: Result): string {
  const figures = result.figures.map(figure => [
    `  ${figure.contestant}`,
    figure.setting,
    `${number(figure.value.median)} ${figure.unit}`,
    range(figure.value),
    figure.notes,
  ]);
  const ratios = result.ratios.map(ratio => [
    `  ${ratio.label}`,
    '',
    ratioText(ratio),
    range(ratio.value),
    `floor ${bound(ratio, ratio.target.floor)}, aim ${bound(ratio, ratio.target.aim)}: ${judge(ratio.value.median, ratio.target)}`,
  ]);
  return [result.title, ...aligned([...figures, ...ratios])].join('\n');
}

/** All results as Markdown to paste; the medians of the rounds, with lowest and highest. */
export function resultsAsMarkdown(results: readonly Result[]): string {
  const figures = [
    '| workload | contestant | median | min – max | |',
    '|---|---|---:|---:|---|',
    ...results.flatMap(({ title, figures }) =>
      figures.map((figure, index) => {
        const value = `${number(figure.value.median)} ${figure.unit}`;
        const contestant = `${figure.contestant}, ${figure.setting}`;
        return `| ${index === 0 ? title : ''} | ${contestant} | ${value} | ${range(figure.value)} | ${figure.notes} |`;
      }),
    ),
  ];
  const ratios = [
    '| workload | ours | median | min – max | floor | aim | |',
    '|---|---|---:|---:|---:|---:|---|',
    ...results.flatMap(({ title, ratios }) =>
      ratios.map((ratio, index) => {
        const cells = [
          ratioText(ratio),
          range(ratio.value),
          bound(ratio, ratio.target.floor),
          bound(ratio, ratio.target.aim),
        ];
        return `| ${index === 0 ? title : ''} | ${ratio.label} | ${cells.join(' | ')} | ${judge(ratio.value.median, ratio.target)} |`;
      }),
    ),
  ];
  return [...ratios, '', ...figures].join('\n');
}

export function number(value: number): string {
  if (Math.abs(value) >= 100) return Math.round(value).toLocaleString('en-US');
  return value >= 10 ? value.toFixed(1) : value.toFixed(2);
}

function ratioText({ value, target }: Ratio): string {
  return target.better === 'higher' && value.median < 1000 ? `×${number(value.median)}` : number(value.median);
}

function range({ min, max }: Spread): string {
  return `${number(min)} – ${number(max)}`;
}

function bound({ target }: Ratio, value: number): string {
  const text = value.toLocaleString('en-US');
  if (target.better === 'lower') return `≤ ${text}`;
  return value < 1000 ? `×${text}` : text;
}

function aligned(rows: readonly (readonly string[])[]): string[] {
  const widths: number[] = [];
  for (const row of rows) row.forEach((cell, column) => (widths[column] = Math.max(widths[column] ?? 0, cell.length)));
  return rows.map(row =>
    row
      .map((cell, column) => cell.padEnd(widths[column]!))
      .join('  ')
      .trimEnd(),
  );
}
