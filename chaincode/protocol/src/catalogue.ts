// SPDX-License-Identifier: Apache-2.0

/** One entry of the code catalogue. */
export interface CatalogueEntry {
  /** HTTP status at the edge (RFC 9110). */
  readonly status: number;
  /** What it means in general, for a person. */
  readonly title: string;
  /** What the caller can do about it. */
  readonly fix: string;
  /** True when the same request may succeed later without being changed. */
  readonly retryable?: true;
}

const entry = (status: number, title: string, fix: string): CatalogueEntry => ({ status, title, fix });
const later = (status: number, title: string, fix: string): CatalogueEntry => ({
  status,
  title,
  fix,
  retryable: true,
});

/**
 * Every refusal and every verdict reason there is, by code. A code, once published, keeps its meaning for ever;
 * a retired one stays here and is not used again.
 */
export const catalogue = {
  // Input
  'TL-INPUT-INVALID': entry(
    400,
    'The input does not fit the schema of the operation',
    'Correct the fields named in `fields`; the schema is in the OpenAPI document.',
  ),
  'TL-INPUT-MALFORMED': entry(
    400,
    'The body is not well-formed JSON',
    'Send one JSON value in UTF-8, without duplicate or forbidden member names.',
  ),
  'TL-INPUT-TOO-DEEP': entry(
    400,
    'The body is nested too deeply',
    'Flatten the document to at most the depth named in `limit`.',
  ),
  'TL-INPUT-TOO-LARGE': entry(
    413,
    'The body is larger than this gateway takes',
    'Send less at once; `limit` names the bytes or items allowed.',
  ),
  'TL-HEADERS-TOO-LARGE': entry(
    431,
    'The headers of the request are too large',
    'Send less in headers and address; data belongs in the body.',
  ),
  'TL-REQUEST-TIMEOUT': later(
    408,
    'The request did not arrive in time',
    'Send headers and body without a pause.',
  ),
  'TL-MEDIA-TYPE': entry(415, 'The content type is not supported', 'Send `Content-Type: application/json`.'),
  'TL-OPERATION-UNKNOWN': entry(
    404,
    'There is no such operation',
    'Look the operation up in the OpenAPI document.',
  ),
  'TL-ROUTE-UNKNOWN': entry(
    404,
    'There is nothing at this path',
    'Look the path up in the OpenAPI document.',
  ),
  'TL-METHOD-NOT-ALLOWED': entry(
    405,
    'This path does not take that method',
    'Use a method named in the Allow header.',
  ),
  'TL-ID-MALFORMED': entry(
    400,
    'The identifier is neither a GS1 identifier nor a URI',
    'Write it as a GS1 Digital Link, an EPC URN, a bracketed element string or any absolute URI.',
  ),
  'TL-ID-CHECK-DIGIT': entry(
    400,
    'The check digit of the GS1 key is wrong',
    'Compare the key with its label; `expected` is the check digit that would fit.',
  ),
  'TL-LINK-TYPE-UNKNOWN': entry(
    404,
    'The thing has no link of this type here',
    'Ask with `linkType=all` for the links there are.',
  ),
  // EPCIS
  'TL-EPCIS-HASH': entry(
    422,
    'The event hash is not that of the event',
    'Send the hash named in `computed`, or the event that was hashed.',
  ),
  'TL-EPCIS-CHANGE': entry(
    422,
    'What is said to change is not what the event says',
    'Send the change that follows from the event, or none when it changes no identifiers.',
  ),
  'TL-EPCIS-DECLARATION-FOREIGN': entry(
    403,
    'Only the member that captured an event declares it to be in error',
    'Ask that member to declare it; `by` names who captured it.',
  ),
  'TL-EPCIS-DECLARATION-LIMIT': entry(
    409,
    'The event was declared to be in error as often as it can be',
    'Nothing: the declarations that there are hold.',
  ),
  'TL-EPCIS-HANDOVER-SOURCE': entry(
    403,
    'The event names another account as the one that hands over',
    'Let that account capture the event; only the present holder hands over.',
  ),
  'TL-EPCIS-HANDOVER-PLACE': entry(
    422,
    'Where the things were handed over is not known',
    'Register coordinates for the read point or business location, or write it as a `geo:` URI (RFC 5870).',
  ),
  'TL-EPCIS-EVENT-MISSING': entry(
    422,
    'The event did not come with its hash',
    'Send the event itself in `document`; it goes to the endorsing peers only.',
  ),
  'TL-EPCIS-EVENT-UNKNOWN': entry(
    404,
    'No event of this hash was captured',
    'Check the hash, or capture the event.',
  ),
  'TL-EPCIS-CONTEXT': entry(
    400,
    'The document does not say what its words mean',
    'Name the EPCIS context in `@context`, and declare each prefix with an absolute URI.',
  ),
  'TL-EPCIS-NAMESPACE': entry(
    400,
    'A member is neither a field of EPCIS here nor in a declared namespace',
    'Correct the name in `field`, or write it as `prefix:name` with the prefix declared in `@context`.',
  ),
  'TL-EPCIS-TIME': entry(
    400,
    'A time is not a date-time with offset',
    'Write the time named in `field` like `2026-11-20T08:00:00.000+01:00`.',
  ),
  'TL-EPCIS-VOCABULARY': entry(
    400,
    'A word is not of the Core Business Vocabulary',
    'Use a word of the vocabulary named in `vocabulary`, or an absolute URI of your own.',
  ),
  'TL-EPCIS-RULE': entry(400, 'The event lacks what its type demands', 'Complete the event as `rule` says.'),
  'TL-EPCIS-QUERY-PARAMETER': entry(
    400,
    'A parameter of the query is unknown, stands twice, or has a wrong value',
    'Mend the parameter named in `parameter` as `problem` says.',
  ),
  'TL-EPCIS-EVENT-EXISTS': entry(
    409,
    'This event is captured already',
    'Nothing: `eventHash` names it, and `Location` says where it is.',
  ),
  'TL-EPCIS-RESOURCE-UNKNOWN': entry(404, 'There is no such resource here', 'Check the name in the address.'),
  'TL-EPCIS-QUERY-UNKNOWN': entry(
    404,
    'There is no query of this name',
    'Define the query, or check its name.',
  ),
  'TL-EPCIS-QUERY-EXISTS': entry(
    409,
    'There is a query of this name',
    'Choose another name, or delete that query first.',
  ),
  'TL-EPCIS-QUERY-TOO-LARGE': entry(
    413,
    'More events match than the query allows in its answer',
    'Ask for less, raise `maxEventCount`, or take pages.',
  ),
  'TL-EPCIS-QUERY-TOO-COMPLEX': entry(
    413,
    'The query took more time than a query has',
    'Ask for a span of time, or for fewer things at once.',
  ),
  'TL-EPCIS-MASTER-DATA-LIMIT': entry(
    413,
    'The member keeps as much master data as it can',
    'Take away what is not needed: attributes by `null`, `children` by an empty list; `limit` is of what `of` names.',
  ),
  'TL-EPCIS-NOT-ACCEPTABLE': entry(
    406,
    'The answer can not be given as the request wants it',
    'Accept JSON and EPCIS 2.0, and identifiers as they were captured.',
  ),
  'TL-EPCIS-NOT-IMPLEMENTED': entry(
    501,
    'This part of EPCIS is not implemented',
    'Do without: the standard lets a repository leave it out.',
  ),
  'TL-EPCIS-SUBSCRIPTION-CONTROLS': entry(
    400,
    'The subscription does not say when to report, or says it wrongly',
    'Send `stream: true` or a `schedule`, not both; mend what `problem` names.',
  ),
  'TL-EPCIS-SUBSCRIPTION-DESTINATION': entry(
    400,
    'Events can not be sent to this address',
    'Name an https address in `dest` that is reachable from the gateway and not in a private network.',
  ),
  'TL-EPCIS-SUBSCRIPTION-UNKNOWN': entry(
    404,
    'There is no such subscription',
    'Check the id, or subscribe again.',
  ),
  'TL-EPCIS-SUBSCRIPTION-LIMIT': entry(
    429,
    'The caller has as many subscriptions as one may have',
    'Delete one that is not needed.',
  ),
  'TL-EPCIS-DELIVERY': later(
    502,
    'The subscriber did not take what was sent to it',
    'See `cause`, and mend the server at `dest`; what it missed is sent again.',
  ),
  'TL-ORIGIN-FOREIGN': entry(
    403,
    'Pages of this origin may not open a WebSocket here',
    'Have the operator allow the origin in `THINGLEDGER_CORS_ORIGINS`.',
  ),
  // Caller
  'TL-AUTH-MISSING': entry(
    401,
    'The request names no caller',
    'Send `Authorization: Bearer …` or `X-API-Key: …`.',
  ),
  'TL-AUTH-INVALID': entry(401, 'The credential is not valid', 'Use a key or token issued for this gateway.'),
  'TL-AUTH-EXPIRED': entry(401, 'The token has expired', 'Fetch a fresh token.'),
  'TL-AUTH-FOREIGN': entry(
    401,
    'The token was made for somebody else',
    'Ask for a token whose issuer and audience this gateway accepts.',
  ),
  'TL-AUTH-UNAVAILABLE': later(
    503,
    'The provider of the tokens can not be reached',
    'Wait and repeat the request, or use an API key.',
  ),
  'TL-CALLER-UNKNOWN': entry(
    403,
    'The caller is not registered on the ledger',
    'Ask an administrator of your member to register the participant.',
  ),
  'TL-CALLER-SUSPENDED': entry(403, 'The caller is suspended', 'Ask an administrator of your member.'),
  'TL-CALLER-ROLE': entry(
    403,
    'The caller does not have a role that may do this',
    'Ask an administrator of your member for one of the roles in `allowed`.',
  ),
  'TL-CALLER-NOT-ADMINISTRATOR': entry(
    403,
    'Only an administrator of the member may do this',
    'Let an administrator of the member call it.',
  ),
  'TL-MEMBER-UNKNOWN': entry(
    403,
    'The organisation is not a member of this consortium',
    'A member must propose its admission.',
  ),
  'TL-MEMBER-SUSPENDED': entry(
    403,
    'The organisation is suspended from this consortium',
    'The members must vote to lift the suspension.',
  ),
  // Governance
  'TL-GOVERNANCE-UNINITIALISED': later(
    409,
    'The consortium has no rules yet',
    'Let an administrator initialise governance.',
  ),
  'TL-GOVERNANCE-INITIALISED': entry(
    409,
    'The consortium has its rules already',
    'Propose a change of the rules instead.',
  ),
  'TL-RULES-INVALID': entry(422, 'The rules contradict one another', 'Mend the field named in `field`.'),
  'TL-ACCESS-INVALID': entry(
    422,
    'The access matrix contradicts itself or the rules',
    'Mend the row named in `field`.',
  ),
  'TL-PARTICIPANT-EXISTS': entry(
    409,
    'The participant is registered already',
    'Choose another name, or change the roles of the registered one.',
  ),
  'TL-PARTICIPANT-UNKNOWN': entry(
    404,
    'There is no such participant',
    'Check the participant id (`name@member`).',
  ),
  'TL-PARTICIPANT-FOREIGN': entry(
    403,
    'The participant belongs to another member',
    'Let an administrator of that member do it.',
  ),
  'TL-PARTICIPANT-STATUS': entry(
    409,
    'The participant is not in a state that allows this',
    'See `status` for its present state.',
  ),
  'TL-ROLE-NOT-REGULATOR': entry(
    403,
    'Only a regulator can have verifiers',
    'Choose other roles, or let the members vote on making the organisation a regulator.',
  ),
  'TL-PROPOSAL-EXISTS': entry(409, 'The proposal id is taken', 'Choose another id.'),
  'TL-PROPOSAL-UNKNOWN': entry(404, 'There is no such proposal', 'Check the proposal id.'),
  'TL-PROPOSAL-CLOSED': entry(409, 'The proposal is decided or past its deadline', 'Make a new proposal.'),
  'TL-PROPOSAL-UNDECIDED': later(
    409,
    'The proposal has not enough ballots yet',
    'Wait for more members to cast their ballots.',
  ),
  'TL-BALLOT-TWICE': entry(409, 'The member has cast its ballot already', 'A ballot is final.'),
  // Things and custody
  'TL-THING-EXISTS': entry(
    409,
    'The thing is registered already',
    'Use the registered thing, or check the identifier.',
  ),
  'TL-THING-UNKNOWN': entry(404, 'There is no such thing', 'Register it first, or check the identifier.'),
  'TL-CUSTODY-NOT-HOLDER': entry(
    403,
    'Only the present holder can transfer the thing',
    'Let the holder named in `holder` announce the transfer.',
  ),
  'TL-CUSTODY-NOT-REGISTRANT': entry(
    403,
    'Only the participant that registered the thing can announce its origin',
    'Let the registrant announce the origin to itself.',
  ),
  'TL-CUSTODY-PENDING': later(
    409,
    'An earlier mapping record of the thing is not decided yet',
    'Wait until the record named in `record` is accepted, rejected or expired.',
  ),
  'TL-CUSTODY-NO-ORIGIN': entry(
    409,
    'The thing has no accepted origin yet',
    'Announce the origin: a mapping record without a transfer-out account.',
  ),
  'TL-CUSTODY-HAS-ORIGIN': entry(409, 'The thing has its origin already', 'Name the transfer-out account.'),
  'TL-CUSTODY-SELF-TRANSFER': entry(
    422,
    'Transfer-out and transfer-in account are the same',
    'Name another transfer-in account.',
  ),
  'TL-QUANTITY-MISMATCH': entry(
    422,
    'The quantity is not that of the thing',
    'Send the whole quantity named in `expected`.',
  ),
  'TL-QUANTITY-NOT-CONSERVED': entry(
    422,
    'What comes out is not as much as went in',
    'Send outputs that come to the quantity named in `given`, in units of the same dimension.',
  ),
  'TL-THING-ENDED': entry(
    409,
    'The thing has ended: it was re-labelled, split, merged or transformed',
    'Use what the change named in `record` made of it.',
  ),
  'TL-THING-NAMED-TWICE': entry(422, 'A change names the same thing twice', 'Name each thing once.'),
  'TL-CONTAINED': entry(
    409,
    'The thing lies in a container or is built into another thing',
    'Take it out of what is named in `parent` first.',
  ),
  'TL-NOT-CONTAINED': entry(
    409,
    'The thing does not lie in this container, or is not a part of this thing',
    'Look at the contents of the parent, and name what is in it.',
  ),
  'TL-CONTAINER-NOT-EMPTY': entry(
    409,
    'Something still lies in the thing or is built into it',
    'Take its contents out first.',
  ),
  'TL-CONTAINER-KIND': entry(
    422,
    'Only a container can be packed',
    'Register the parent as a container, or associate the things with it.',
  ),
  'TL-CONTAINER-NO-MATERIAL': entry(
    422,
    'A container can not be split, merged or transformed',
    'Name the things that lay in it; a container can only get a new label.',
  ),
  'TL-CONTAINER-FULL': entry(
    422,
    'A thing holds at most as many others as named in `limit`',
    'Pack into several containers, and nest those.',
  ),
  'TL-CONTAINMENT-CYCLE': entry(
    422,
    'A thing would lie in itself',
    'Name children that the parent does not lie in.',
  ),
  'TL-CONTAINMENT-TOO-DEEP': entry(
    422,
    'Containers would be nested deeper than named in `limit`',
    'Unpack an outer container first.',
  ),
  'TL-EVENT-IN-FUTURE': entry(
    422,
    'The event time lies in the future',
    'Send the time at which it happened, and check your clock.',
  ),
  'TL-EVENT-OUT-OF-ORDER': entry(
    422,
    'The event time lies before the previous event of the thing',
    'Send the time at which it happened; `previous` is the earliest possible.',
  ),
  'TL-SIGNATURE-INVALID': entry(
    422,
    'The signature does not fit the statement and the key of its signer',
    'Sign the text of the statement with the key registered for the announcing account.',
  ),
  'TL-RECIPIENT-UNKNOWN': entry(
    422,
    'The transfer-in account is not registered',
    'Check the participant id, or have it registered.',
  ),
  'TL-RECIPIENT-UNFIT': entry(
    422,
    'The transfer-in account can not take custody',
    'It must be active and hold the role `accounting`.',
  ),
  'TL-SERVER-UNKNOWN': entry(
    422,
    'The information server is not registered on the ledger',
    'Let an administrator register it, or correct the address.',
  ),
  'TL-SERVER-FOREIGN': entry(
    403,
    'The information server belongs to another member',
    'Use an information server of your own member.',
  ),
  'TL-SERVER-EXISTS': entry(
    409,
    'The address is registered to another member',
    'Use an address of your own.',
  ),
  'TL-LOCATION-UNKNOWN': entry(
    404,
    'Nobody has registered this party or location',
    'Let an administrator of its member register its GLN; then capture the event again.',
  ),
  'TL-LOCATION-FOREIGN': entry(
    403,
    'Another member has registered the party or location',
    'Check the GLN; `member` names who registered it.',
  ),
  'TL-LOCATION-KIND': entry(
    400,
    'The identifier is not the GLN of a party or location',
    'Name a party GLN (417, `urn:epc:id:pgln:…`) or a location GLN (414, `urn:epc:id:sgln:…`).',
  ),
  'TL-RECORD-UNKNOWN': entry(404, 'There is no such mapping record', 'Check the record id.'),
  'TL-STATEMENT-EXISTS': entry(
    409,
    'Another statement has the id of this one',
    'Send it again: in another transaction it has another id.',
  ),
  'TL-STATEMENT-UNKNOWN': entry(404, 'There is no such statement', 'Check the statement id.'),
  'TL-REGULATORS-TOO-FEW': entry(
    409,
    'There are fewer active regulators than the quorum needs',
    'Reinstate or admit regulators, or propose a smaller quorum.',
  ),
  'TL-VOTE-TWICE': entry(
    409,
    'The regulator has voted on the record already',
    'A vote is final; each regulator has one.',
  ),
  'TL-VOTE-LATE': entry(409, 'The deadline of the record has passed', 'Nothing: the record is expired.'),
  'TL-VOTE-NOT-REGULATOR': entry(
    403,
    'The caller’s member is not among the regulators of the record',
    'Only members that were active regulators when it was announced can vote.',
  ),
  // Traceability data
  'TL-DATA-UNKNOWN': entry(
    404,
    'There is no data with this hash here',
    'Check the hash and the information server.',
  ),
  'TL-DATA-DELETED': entry(
    410,
    'The data was deleted',
    'Ask its owner; the deletion certificate proves the deletion.',
  ),
  'TL-DATA-NOT-ENTITLED': entry(
    403,
    'The caller has no right to this data',
    'The access matrix says who sees what; the members change it by vote.',
  ),
  'TL-DATA-MEMBERS': entry(
    422,
    'The document has too many members, too deep ones, or one without a usable name',
    'Keep within `limit` members, `depth` levels, pointers of 256 characters and `bytes` for all of them; put long lists into arrays.',
  ),
  'TL-DATA-ALTERED': entry(502, 'The data does not match its hash', 'Restore the original from a copy.'),
  // Receipts
  'TL-TRANSACTION-UNKNOWN': entry(
    404,
    'There is no such transaction on the channel',
    'Check the transaction id; a transaction that is not committed yet has no receipt.',
  ),
  'TL-TRANSACTION-INVALID': entry(
    409,
    'The transaction was ordered but changed nothing',
    '`validation` names why the peers turned it down; only what took effect has a receipt.',
  ),
  'TL-RECEIPT-KIND': entry(
    422,
    'Only transactions of the members’ chaincode have receipts',
    'Ask for a transaction that a gateway wrote; changes of configuration and definitions are part of its receipt.',
  ),
  'TL-PROOF-NONE': entry(
    422,
    'There is nothing on the ledger that proves this answer',
    'Ask without `verify=proof`; `operation` has no answer that follows from transactions.',
  ),
  'TL-PROOF-TOO-LARGE': entry(
    422,
    'The proof is larger than one file takes',
    'Ask for less: fewer transactions or blocks; `limit` names the most of `unit`.',
  ),
  // Why a verifier rejects
  'TL-VERIFY-SIGNATURE': entry(
    422,
    'The signature of the record does not verify',
    'Announce again with a valid signature.',
  ),
  'TL-VERIFY-ACCOUNT': entry(
    422,
    'An account of the record is unknown or not active',
    'Transfer between registered, active participants.',
  ),
  'TL-VERIFY-QUANTITY': entry(
    422,
    'The quantity differs from that in the traceability data',
    'Mend the record or the data.',
  ),
  'TL-VERIFY-SPEED': entry(
    422,
    'The thing can not have travelled that far in that time',
    'Mend place or time.',
  ),
  'TL-VERIFY-TIME': entry(
    422,
    'The event time differs from that in the traceability data, or lies in the future',
    'Mend the record or the data.',
  ),
  'TL-VERIFY-PLACE': entry(
    422,
    'The place differs from that in the traceability data',
    'Mend the record or the data.',
  ),
  'TL-VERIFY-IDENTITY': entry(
    422,
    'The thing or a party differs from that in the traceability data',
    'Mend the record or the data.',
  ),
  'TL-VERIFY-HASH': entry(
    422,
    'The traceability data does not match its hash',
    'Restore the original data, or announce its true hash.',
  ),
  'TL-VERIFY-DOCUMENT': entry(
    422,
    'The traceability data is not a readable document',
    'Store a JSON document that fits the traceability-data schema.',
  ),
  'TL-VERIFY-MISSING': entry(
    422,
    'The information server does not have the data',
    'Store the data before announcing.',
  ),
  'TL-VERIFY-REFUSED': entry(
    422,
    'The information server refused the verifier',
    'Verifiers are entitled; mend the server.',
  ),
  'TL-VERIFY-UNREACHABLE': later(422, 'The information server can not be reached', 'Bring the server up.'),
  'TL-VERIFY-TLS': later(
    422,
    'The certificate of the information server does not fit its registered authority',
    'Serve a certificate of the registered authority for the registered host name.',
  ),
  'TL-VERIFY-SLOW': later(422, 'The information server did not answer in time', 'Speed the server up.'),
  'TL-VERIFY-REDIRECT': entry(
    422,
    'The information server redirects elsewhere',
    'Serve the data at the registered address.',
  ),
  'TL-VERIFY-OVERSIZE': entry(
    422,
    'The traceability data is larger than allowed',
    'Store a smaller document.',
  ),
  'TL-VERIFY-ADDRESS': entry(
    422,
    'The address of the information server is not allowed',
    'Use a public address that is registered on the ledger.',
  ),
  'TL-VERIFY-MANUAL': entry(
    422,
    'A human verifier rejected the record',
    "Read the verifier's words in `detail`.",
  ),
  // Gateway
  // The read model
  'TL-SQL-MALFORMED': entry(
    400,
    'The query is no SQL',
    'Correct the query at the character named in `position`.',
  ),
  'TL-SQL-NOT-A-QUERY': entry(
    400,
    'Only one query that changes nothing is taken',
    'Send exactly one SELECT, also within WITH, without INTO and without FOR UPDATE.',
  ),
  'TL-SQL-FORBIDDEN': entry(
    403,
    'The query uses what is not offered',
    'Use the published views, and the functions and types in the guide; `name` is the one in the way.',
  ),
  'TL-SQL-FAILED': entry(
    422,
    'The database can not answer the query',
    'Correct the query as `detail` says; `sqlState` is PostgreSQL’s code.',
  ),
  'TL-SQL-TIMEOUT': entry(
    422,
    'The query takes longer than this gateway allows',
    'Ask for less: narrow the query down, by a key or a range of blocks.',
  ),
  'TL-SQL-TOO-LARGE': entry(
    422,
    'The answer is larger than this gateway gives',
    'Ask for fewer columns or rows; `limit` names the bytes allowed.',
  ),
  'TL-READ-MODEL-OFF': entry(
    501,
    'This gateway keeps no read model',
    'Ask the operator to switch it on, or another gateway of the member.',
  ),
  'TL-READ-MODEL-UNAVAILABLE': later(
    503,
    'The database of the read model does not answer',
    'Wait and repeat the request.',
  ),
  'TL-IDEMPOTENCY-MALFORMED': entry(
    400,
    'The Idempotency-Key is malformed',
    'Send 1 to 255 visible ASCII characters, quoted as a structured-field string or bare.',
  ),
  'TL-IDEMPOTENCY-RUNNING': later(
    409,
    'A request with this Idempotency-Key is still running',
    'Wait for its answer, then repeat the request to read it.',
  ),
  'TL-IDEMPOTENCY-MISMATCH': entry(
    422,
    'This Idempotency-Key was used for another request',
    'Use a fresh key for a new request.',
  ),
  'TL-RATE-LIMITED': later(429, 'The caller sends too many requests', 'Wait as long as Retry-After says.'),
  'TL-OVERLOADED': later(
    503,
    'The gateway has as much work as it can take',
    'Wait as long as Retry-After says.',
  ),
  'TL-ROLLED-BACK': entry(
    409,
    'Nothing of the request was done, because the ledger refuses another part of it',
    'Correct the part that is named, and send all of it again.',
  ),
  'TL-DRAINING': later(
    503,
    'The gateway is stopping',
    'Use another gateway of the member, or wait for the restart.',
  ),
  'TL-ANSWER-TIMEOUT': later(504, 'The answer took too long', 'Wait and repeat the request.'),
  'TL-OUTCOME-UNKNOWN': later(
    503,
    'Whether the transaction was committed is not known yet',
    'Repeat the request with the same Idempotency-Key; it is never done twice.',
  ),
  'TL-LEDGER-UNAVAILABLE': later(503, 'The ledger can not be reached', 'Wait and repeat the request.'),
  'TL-LEDGER-CONFLICT': later(
    503,
    'Other transactions kept changing the same state',
    'Wait and repeat the request.',
  ),
  'TL-LEDGER-MISMATCH': entry(
    502,
    'The endorsing peers do not agree on the result',
    'Compare the peers named in `peers`.',
  ),
  'TL-LEDGER-REFUSED': entry(
    502,
    'The ledger refused the transaction',
    "Read the peers' reasons in `peers`.",
  ),
  'TL-INTERNAL': entry(
    500,
    'Something unforeseen went wrong in the gateway',
    'Report the request id to the operator.',
  ),
} as const satisfies Record<string, CatalogueEntry>;

/** A code of the catalogue. */
export type RefusalCode = keyof typeof catalogue;

/** All codes, in the order of the catalogue. */
export const refusalCodes = Object.keys(catalogue) as readonly RefusalCode[];
