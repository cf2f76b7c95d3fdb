// SPDX-License-Identifier: Apache-2.0
import 'reflect-metadata';
import { webcrypto } from 'node:crypto';
import type { RequestListener } from 'node:http';
import { createServer, type Server } from 'node:https';
import type { AddressInfo } from 'node:net';
import {
  BasicConstraintsExtension,
  cryptoProvider,
  SubjectAlternativeNameExtension,
  X509CertificateGenerator,
} from '@peculiar/x509';

cryptoProvider.set(webcrypto as never);

const algorithm = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' };

/** An information server of a test's own, with a certificate authority of its own, that answers as the test wants. */
export class HostileServer {
  #connections = 0;

  private constructor(
    readonly address: string,
    readonly certificateAuthority: string,
    private readonly server: Server,
  ) {
    server.on('connection', () => (this.#connections += 1));
  }

  /** How many connections it was asked for since it started, with or without a request. */
  get connections(): number {
    return this.#connections;
  }

  static async start(answer: RequestListener): Promise<HostileServer> {
    const notBefore = new Date(Date.now() - 60_000);
    const notAfter = new Date(Date.now() + 3_600_000);
    const caKeys = await webcrypto.subtle.generateKey(algorithm, true, ['sign', 'verify']);
    const ca = await X509CertificateGenerator.createSelfSigned({
      name: 'CN=test authority',
      keys: caKeys,
      signingAlgorithm: algorithm,
      notBefore,
      notAfter,
      extensions: [new BasicConstraintsExtension(true, 0, true)],
    });
    const keys = await webcrypto.subtle.generateKey(algorithm, true, ['sign', 'verify']);
    const certificate = await X509CertificateGenerator.create({
      subject: 'CN=localhost',
      issuer: ca.subject,
      publicKey: keys.publicKey,
      signingKey: caKeys.privateKey,
      signingAlgorithm: algorithm,
      notBefore,
      notAfter,
      extensions: [new SubjectAlternativeNameExtension([{ type: 'dns', value: 'localhost' }])],
    });
    const key = Buffer.from(await webcrypto.subtle.exportKey('pkcs8', keys.privateKey)).toString('base64');
    const pem = `-----BEGIN PRIVATE KEY-----\n${key}\n-----END PRIVATE KEY-----\n`;
    const server = createServer({ key: pem, cert: certificate.toString('pem') }, answer);
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const { port } = server.address() as AddressInfo;
    return new HostileServer(`https://localhost:${String(port)}`, ca.toString('pem'), server);
  }

  async close(): Promise<void> {
    this.server.closeAllConnections();
    await new Promise((resolve) => this.server.close(resolve));
  }
}
