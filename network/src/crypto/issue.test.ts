// SPDX-License-Identifier: Apache-2.0
import { createPrivateKey, createPublicKey, X509Certificate } from 'node:crypto';
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { connect, createServer, type TLSSocket } from 'node:tls';
import { planNetwork } from '../plan/plan.js';
import { severalConsortia } from '../testing/topologies.js';
import { memberFolders } from './folders.js';
import { CryptoError, enrol, issueCrypto, readIdentity, readServerTls } from './issue.js';

const plan = planNetwork(severalConsortia());
let dir: string;
beforeAll(async () => {
  dir = mkdtempSync(join(tmpdir(), 'crypto-'));
  await issueCrypto(plan, dir);
});
afterAll(() => {
  rmSync(dir, { recursive: true });
});

function everyFile(folder: string): string[] {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name));
}
const authorityOf = (member: string, kind: 'ca' | 'tlsca') =>
  new X509Certificate(readFileSync(join(dir, 'crypto', member, kind, 'cert.pem')));

describe('crypto material', () => {
  it('gives each participant a certificate of the member, with the unit Fabric asks for', () => {
    const farm = readIdentity(dir, 'maker', 'farm');
    const certificate = new X509Certificate(farm.certificatePem);
    expect(certificate.subject.split('\n')).toEqual(['O=maker', 'OU=client', 'CN=farm']);
    expect(certificate.verify(authorityOf('maker', 'ca').publicKey)).toBe(true);
    expect(certificate.checkPrivateKey(createPrivateKey(farm.privateKeyPem))).toBe(true);
    expect(new X509Certificate(readIdentity(dir, 'bank', 'admin').certificatePem).subject).toContain(
      'OU=admin',
    );
  });

  it('has a PKCS#8 key on P-256 in every key file, for its owner alone', () => {
    const keys = everyFile(dir).filter((file) => file.endsWith('key.pem') || file.endsWith('.key'));
    expect(keys.length).toBeGreaterThan(20);
    for (const file of keys) {
      expect(statSync(file).mode & 0o777).toBe(0o600);
      const pem = readFileSync(file, 'utf8');
      expect(pem).toMatch(/^-----BEGIN PRIVATE KEY-----\n/);
      expect(createPublicKey(pem).asymmetricKeyDetails).toEqual({ namedCurve: 'prime256v1' });
    }
  });

  it('signs every certificate with a low S, the only form Fabric leaves as it is', () => {
    const half = BigInt('0x7fffffff800000007fffffffffffffffde737d56d38bcf4279dce5617e3192a8');
    const certificates = everyFile(dir).filter((file) =>
      /BEGIN CERTIFICATE/.test(readFileSync(file, 'utf8')),
    );
    for (const file of certificates) {
      const certificate = new X509Certificate(readFileSync(file));
      const [, kind, issuer] = /^CN=(ca|tlsca)\.(.+)$/m.exec(certificate.issuer) ?? [];
      const valid = certificate.verify(authorityOf(String(issuer), kind as 'ca' | 'tlsca').publicKey);
      const der = certificate.raw;
      // The signature ends the certificate: INTEGER s is its last element, of 32 bytes or less.
      const at = [33, 32, 31, 30]
        .map((n) => der.length - n - 2)
        .find((i) => der[i] === 2 && der[i + 1] === der.length - i - 2);
      const s = BigInt(`0x${der.subarray((at ?? 0) + 2).toString('hex')}`);
      expect({ file, valid, low: at !== undefined && s <= half }).toEqual({ file, valid: true, low: true });
    }
  });

  it('changes nothing when it is repeated', async () => {
    const snapshot = () => everyFile(dir).map((file) => [file, readFileSync(file, 'utf8')]);
    const before = snapshot();
    await issueCrypto(plan, dir);
    expect(snapshot()).toEqual(before);
  });

  it('shows others a member by its authorities only', () => {
    const { msp } = memberFolders(dir, 'maker');
    expect(readdirSync(msp).sort()).toEqual(['cacerts', 'config.yaml', 'tlscacerts']);
    expect(readFileSync(join(msp, 'config.yaml'), 'utf8')).toContain('Enable: true');
  });

  it.each(['peer', 'orderer', 'chaincode', 'gateway', 'informationServer'] as const)(
    'makes TLS for the %s that a client which trusts the member accepts',
    async (server) => {
      const { certificatePem, privateKeyPem, authorityPem } = readServerTls(dir, 'maker', server);
      const listener = createServer({ cert: certificatePem, key: privateKeyPem }, (socket) => socket.end());
      await new Promise<void>((resolve) => listener.listen(0, '127.0.0.1', resolve));
      const { port } = listener.address() as { port: number };
      const dial = (options: { ca: string; servername?: string; host: string }) =>
        new Promise<TLSSocket>((resolve, reject) => {
          const socket = connect({ port, ...options }, () => {
            resolve(socket);
          });
          socket.on('error', reject);
        });
      (await dial({ host: '127.0.0.1', ca: authorityPem })).destroy();
      const prefix = server === 'informationServer' ? 'information' : server;
      (await dial({ host: '127.0.0.1', servername: `${prefix}.maker`, ca: authorityPem })).destroy();
      const stranger = readServerTls(dir, 'bank', 'gateway').authorityPem;
      await expect(dial({ host: '127.0.0.1', ca: stranger })).rejects.toThrow();
      listener.close();
    },
  );
});

describe('enrolment', () => {
  it('adds a participant, and gives the same one again', async () => {
    const baker = await enrol(dir, 'maker', 'baker');
    expect(new X509Certificate(baker.certificatePem).verify(authorityOf('maker', 'ca').publicKey)).toBe(true);
    expect(await enrol(dir, 'maker', 'baker')).toEqual(baker);
    expect(readIdentity(dir, 'maker', 'baker')).toEqual(baker);
  });

  it.each(['line_7', '7.a-b_c', 'x'.repeat(63)])('takes a name as the ledger takes it: %s', async (name) => {
    const { certificatePem } = await enrol(dir, 'maker', name);
    expect(new X509Certificate(certificatePem).subject).toBe(`O=maker\nOU=client\nCN=${name}`);
    expect(readIdentity(dir, 'maker', name).certificatePem).toBe(certificatePem);
  });

  it.each([
    [
      'a taken name with another unit',
      () => enrol(dir, 'maker', 'farm', 'admin'),
      /enrolled already, as client/,
    ],
    ['a name that leaves the folder', () => enrol(dir, 'maker', '../../x'), /no participant name/],
    ['a member without an authority here', () => enrol(dir, 'nobody', 'x'), /call issueCrypto/],
  ])('refuses %s', async (_, attempt, message) => {
    await expect(attempt()).rejects.toThrow(message);
    await expect(attempt()).rejects.toBeInstanceOf(CryptoError);
  });

  it('says who is not enrolled', () => {
    expect(() => readIdentity(dir, 'maker', 'nobody')).toThrow(/nobody@maker is not enrolled/);
  });
});
