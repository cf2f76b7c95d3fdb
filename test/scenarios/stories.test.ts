// SPDX-License-Identifier: Apache-2.0
import { play } from '../stories/play.js';
import { Consortium } from '../support/consortium.js';

describe('T9 T10: the stories that the demo tells', () => {
  test('play to the end: traced whole, and altered data is noticed at its hop', async () => {
    const lines: string[] = [];
    await play(Consortium.open(), (line) => lines.push(line));
    const text = lines.join('\n');
    expect(text.match(/Traced to its origin; nothing was altered/g)).toHaveLength(2);
    expect(text.match(/TL-DATA-ALTERED|TL-VERIFY-HASH/g)).toHaveLength(2);
  });
});
