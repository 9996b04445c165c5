// Reads requests as JSON and writes what the client says of each.

import { problemIn } from '../../web/client/validation.ts';

let text = '';
for await (const chunk of process.stdin) text += chunk;
const verdicts = JSON.parse(text).map(({ media_type, request }) => problemIn(media_type, request, 'u1') ?? null);
console.log(JSON.stringify(verdicts));
