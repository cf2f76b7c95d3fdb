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
    case 'TL-EPCIS-EVENT-EXISTS':
    case 'TL-EPCIS-QUERY-EXISTS':
      return 'epcisException:ResourceAlreadyExistsException';
    case 'TL-EPCIS-EVENT-UNKNOWN':
    case 'TL-EPCIS-RESOURCE-UNKNOWN':
    case 'TL-ROUTE-UNKNOWN':
      return 'epcisException:NoSuchResourceException';
    case 'TL-EPCIS-SUBSCRIPTION-CONTROLS':
      return 'epcisException:SubscriptionControlsException';
    case 'TL-EPCIS-SUBSCRIPTION-UNKNOWN':
    case 'TL-EPCIS-QUERY-UNKNOWN':
      return 'epcisException:NoSuchNameException';
    case 'TL-EPCIS-QUERY-TOO-LARGE':
      return 'epcisException:QueryTooLargeException';
    case 'TL-EPCIS-QUERY-TOO-COMPLEX':
      return 'epcisException:QueryTooComplexException';
    case 'TL-EPCIS-NOT-ACCEPTABLE':
      return 'epcisException:NotAcceptableException';
    case 'TL-EPCIS-SUBSCRIPTION-LIMIT':
    case 'TL-EPCIS-DELIVERY':
    case 'TL-EPCIS-NOT-IMPLEMENTED':
    case 'TL-INTERNAL':
      return 'epcisException:ImplementationException';
    case 'TL-ORIGIN-FOREIGN':
    case 'TL-EPCIS-DECLARATION-FOREIGN':
    case 'TL-CALLER-UNKNOWN':
    case 'TL-CALLER-ROLE':
    case 'TL-CALLER-SUSPENDED':
      return 'epcisException:SecurityException';
    case 'TL-INPUT-TOO-LARGE':
    case 'TL-EPCIS-MASTER-DATA-LIMIT':
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
      if (code.startsWith('TL-AUTH-')) return 'epcisException:SecurityException';
      return code.startsWith('TL-EPCIS-') ? 'epcisException:ValidationException' : undefined;
  }
}
