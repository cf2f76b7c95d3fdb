// SPDX-License-Identifier: Apache-2.0
import { addressAllowed } from './address-policy.js';
import { resolveAllowed } from './resolve.js';

const PUBLIC = [
  '8.8.8.8',
  '1.1.1.1',
  '172.32.0.1',
  '100.128.0.1',
  '2606:4700::1111',
  '2a00:1450:4001::1',
  '::ffff:8.8.8.8',
];
const PRIVATE = [
  ...[
    '127.0.0.1',
    '127.255.255.254',
    '10.1.2.3',
    '172.16.0.1',
    '172.31.255.255',
    '192.168.1.1',
    '100.64.0.1',
    '198.18.0.1',
  ],
  ...[
    '::1',
    'fd12:3456::1',
    'fc00::1',
    '::ffff:127.0.0.1',
    '::ffff:7f00:1',
    '::ffff:10.0.0.1',
    '0:0:0:0:0:ffff:c0a8:101',
  ],
];
const NEVER = [
  ...[
    '0.0.0.0',
    '0.1.2.3',
    '169.254.169.254',
    '169.254.0.1',
    '192.0.0.192',
    '192.0.2.1',
    '198.51.100.7',
    '203.0.113.9',
  ],
  ...['224.0.0.1', '239.255.255.255', '240.0.0.1', '255.255.255.255', '100.100.100.200', '168.63.129.16'],
  ...[
    '::',
    'fe80::1',
    'fe80::1%eth0',
    'fec0::1',
    'ff02::1',
    '2001:db8::1',
    '2001::1',
    '2002:7f00:1::',
    '64:ff9b::7f00:1',
  ],
  ...['::127.0.0.1', '::ffff:169.254.169.254', '::ffff:a9fe:a9fe', 'fd00:ec2::254', '100::1', '3fff::1'],
  ...['', 'localhost', '127.1', '0x7f000001', '2130706433'],
];

test.each(PUBLIC)('%s is public', (address) => {
  expect(addressAllowed(address, false)).toBe(true);
});
test.each(PRIVATE)('%s is allowed only where private addresses are', (address) => {
  expect(addressAllowed(address, false)).toBe(false);
  expect(addressAllowed(address, true)).toBe(true);
});
test.each(NEVER)('%s is never allowed', (address) => {
  expect(addressAllowed(address, true)).toBe(false);
});

describe('resolving', () => {
  const answering =
    (...addresses: string[]) =>
    () =>
      Promise.resolve(addresses.map((address) => ({ address, family: address.includes(':') ? 6 : 4 })));

  test('takes a name whose every address is allowed', async () => {
    expect(await resolveAllowed('a.example', answering('8.8.8.8', '2606:4700::1111'), false)).toHaveLength(2);
  });
  test('takes nothing when one address of several is private, or none is there', async () => {
    expect(await resolveAllowed('a.example', answering('8.8.8.8', '10.0.0.1'), false)).toBeUndefined();
    expect(await resolveAllowed('a.example', answering(), false)).toBeUndefined();
  });
  test('does not ask the name service about an address', async () => {
    expect(await resolveAllowed('127.0.0.1', answering('8.8.8.8'), false)).toBeUndefined();
    expect(await resolveAllowed('[::1]', answering('8.8.8.8'), true)).toEqual([
      { address: '::1', family: 6 },
    ]);
  });
});
