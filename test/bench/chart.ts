// SPDX-License-Identifier: Apache-2.0

/** One bar: a label, its height, and whose it is. */
export interface Bar {
  readonly label: string;
  readonly value: number;
  readonly ours: boolean;
}

const WIDTH = 720;
const HEIGHT = 380;
const BASE = 300;
const TOP = 60;

/** Bars on a logarithmic scale, as SVG: the two ways differ by more than a linear scale can show. */
export function barChart(title: string, unit: string, bars: readonly Bar[]): string {
  const highest = Math.log10(Math.max(10, ...bars.map(({ value }) => value)));
  const step = (WIDTH - 80) / bars.length;
  const body = bars.map(({ label, value, ours }, index) => {
    const height = ((BASE - TOP) * Math.log10(Math.max(1, value))) / highest;
    const x = 50 + index * step;
    const middle = x + (step - 24) / 2;
    return [
      `<rect x="${x.toFixed(1)}" y="${(BASE - height).toFixed(1)}" width="${(step - 24).toFixed(1)}" height="${height.toFixed(1)}" rx="4" fill="${ours ? '#2f8f5b' : '#9aa7b4'}"/>`,
      `<text x="${middle.toFixed(1)}" y="${(BASE - height - 8).toFixed(1)}" text-anchor="middle">${Math.round(value).toLocaleString('en-GB')}</text>`,
      `<text x="${middle.toFixed(1)}" y="${String(BASE + 20)}" text-anchor="middle" font-size="12">${label}</text>`,
    ].join('');
  });
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${String(WIDTH)} ${String(HEIGHT)}" font-family="system-ui, sans-serif" font-size="14" fill="#234"><rect width="${String(WIDTH)}" height="${String(HEIGHT)}" fill="#fff"/><text x="30" y="28" font-size="17" font-weight="600">${title}</text>${body.join('')}<text x="30" y="${String(HEIGHT - 20)}" font-size="12">${unit}, logarithmic scale. Grey: the plain way. Green: ThingLedger.</text></svg>\n`;
}
