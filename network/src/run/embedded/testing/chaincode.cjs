// SPDX-License-Identifier: Apache-2.0
'use strict';

/** State of the module, which every member's instance has for itself: a mistake that must show. */
let runs = 0;

const operations = {
  put: (stub, key, value) => stub.putState(key, Buffer.from(value)),
  get: (stub, key) => stub.getState(key),
  history: (stub, key) => stub.getHistoryForKey(key),
  hidden: async (stub, collection, key) => {
    await stub.putPrivateData(collection, key, stub.getTransient().get('value'));
  },
  reveal: (stub, collection, key) => stub.getPrivateData(collection, key),
  hash: (stub, collection, key) => stub.getPrivateDataHash(collection, key),
  // Reads, writes and emits: of two at once, one conflicts.
  count: async (stub, key) => {
    const next = String(Number((await stub.getState(key)).toString() || '0') + 1);
    await stub.putState(key, Buffer.from(next));
    stub.setEvent(`${key}-${next}`, Buffer.from(stub.getTxID()));
    return Buffer.from(next);
  },
  sum: async (stub, start, end, key) => {
    let rows = 0;
    for await (const { key: found } of stub.getStateByRange(start, end)) rows += found === key ? 0 : 1;
    await stub.putState(key, Buffer.from(String(rows)));
  },
  many: async (stub, ...keys) => {
    await stub.putMultipleStates(keys.map((key) => ({ key, value: Buffer.from(key) })));
    await stub.putMultipleStates([{ key: keys[0] }]);
  },
  readMany: async (stub, ...keys) => {
    const values = await stub.getMultipleStates(keys);
    return Buffer.from(JSON.stringify(values.map((value) => value.toString())));
  },
  runs: async (stub) => {
    runs += 1;
    await stub.putState('runs', Buffer.from(String(runs)));
    return Buffer.from(String(runs));
  },
  pageThenPut: async (stub) => {
    await stub.getStateByRangeWithPagination('', '', 5, '');
    await stub.putState('x', Buffer.from('y'));
  },
  query: (stub) => stub.getQueryResult('{}'),
  call: (stub) => stub.invokeChaincode('other', ['x'], ''),
  policy: (stub) => stub.setStateValidationParameter('x', Buffer.from('y')),
  endorser: async (stub) => Buffer.from(stub.getMspID()),
  late: async (stub) => {
    setTimeout(() => stub.putState('late', Buffer.from('x')).catch(() => undefined), 5);
  },
  crash: () => {
    throw new TypeError('not thought of');
  },
};

exports.chaincode = {
  async Init() {
    return { status: 200 };
  },
  async Invoke(stub) {
    const { fcn, params } = stub.getFunctionAndParameters();
    const operation = operations[fcn];
    if (!operation) return { status: 400, message: `no ${fcn}` };
    const payload = await operation(stub, ...params);
    return { status: 200, payload: payload instanceof Uint8Array ? payload : new Uint8Array() };
  },
};
