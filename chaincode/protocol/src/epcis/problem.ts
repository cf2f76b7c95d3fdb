// SPDX-License-Identifier: Apache-2.0
import type { RefusalCode } from '../catalogue';

/**
 * The type that EPCIS itself gives a problem (EPCIS 2.0, section 12, `epcisException:…`), for the `type` of a problem
 * document at its REST binding; undefined for refusals that have no name there.
 */
export function epcisProblemType(code: RefusalCode): string | undefined {
  switch (code) {
    case 'TL-EPCIS-QUERY-PARAMETER':
      return 'epcisException:QueryParameterException';
    case 'TL-INPUT-TOO-LARGE':
      return 'epcisException:CaptureLimitExceededException';
    case 'TL-MEDIA-TYPE':
      return 'epcisException:UnsupportedMediaTypeException';
    case 'TL-INPUT-INVALID':
    case 'TL-INPUT-MALFORMED':
    case 'TL-INPUT-TOO-DEEP':
    case 'TL-ID-MALFORMED':
    case 'TL-ID-CHECK-DIGIT':
      return 'epcisException:ValidationException';
    default:
      return code.startsWith('TL-EPCIS-') ? 'epcisException:ValidationException' : undefined;
  }
}
