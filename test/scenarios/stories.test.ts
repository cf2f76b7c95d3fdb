// SPDX-License-Identifier: Apache-2.0
import { stripVTControlCharacters } from 'node:util';
import { play } from '../stories/play.js';
import { Consortium } from '../support/consortium.js';

describe('T9 T10: the stories that the demo tells', () => {
  test('play to the end: traced whole, altered data is noticed at its hop, a recall finds every bike', async () => {
    const lines: string[] = [];
    await play(Consortium.open(), (line) => lines.push(line));
    const text = stripVTControlCharacters(lines.join('\n'));
    expect(text.match(/Traced to its origin; nothing was altered/g)).toHaveLength(2);
    expect(text).toMatch(/processor@maker captures an EPCIS event: .*the regulators accept/);
    expect(text).toMatch(/✔ ok +processor@maker → trucker@carrier\n(.*\n)+?.*data: EPCIS event, /);
    const bikes = [...text.matchAll(/product \S+\/21\/B[KL]\S+ {2}(\S+)/g)].map(([, holder]) => holder);
    expect(bikes).toEqual(['hirer@bank', 'warehouse@carrier']);
    expect(text).toMatch(
      /A consumer scans the code, a page at http\S+\/01\/\d{14}\/21\/T\S+\n[^]*Almería[^]*Nothing was altered\.[^]*scans it again[^]*Something was altered/,
    );
    expect(text).toMatch(/^recalled +batch \S+\n(1 step +\w+ .*\n)+(2 steps +product .*\n)+/m);
    expect(text).not.toMatch(/scans the code[^]*Campo del Poniente/);
    expect(text.match(/TL-DATA-ALTERED|TL-VERIFY-HASH/g)).toHaveLength(2);
  });
});
