// SPDX-License-Identifier: Apache-2.0
import { createHash } from 'node:crypto';
import { html, Html } from './html.js';
import type { Answer } from './respond.js';

/** A whole page for people, in English: its one style, no script, nothing from elsewhere. */
export interface Page {
  readonly text: string;
  /** The Content-Security-Policy that holds for exactly this page. */
  readonly policy: string;
}

/**
 * Puts a page together. It carries its policy, so that a saved copy is bound by it as well.
 *
 * @param style the text of its style sheet, ours and never a caller’s
 */
export function pageOf(title: string, style: string, body: Html): Page {
  const policy = [
    "default-src 'none'",
    `style-src 'sha256-${createHash('sha256').update(style).digest('base64')}'`,
    "base-uri 'none'",
    "form-action 'none'",
  ].join('; ');
  // Whole: the policy holds for these bytes only.
  const styled = new Html(`<style>${style}</style>`);
  const { text } = html`<!doctype html>
    <html lang="en">
      <head>
        <meta charset="utf-8" />
        <meta http-equiv="Content-Security-Policy" content="${policy}" />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <title>${title}</title>
        ${styled}
      </head>
      <body>
        ${body}
      </body>
    </html> `;
  return { text, policy };
}

/** A page as an answer. That no other page may frame it can be said in a header only. */
export function pageAnswer({ text, policy }: Page, status = 200): Answer {
  return {
    status,
    headers: {
      'Content-Type': 'text/html; charset=utf-8',
      'Content-Security-Policy': `${policy}; frame-ancestors 'none'`,
    },
    body: text,
  };
}
