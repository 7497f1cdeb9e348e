// @vercel/blob: put, head, put again (refused, then allowed), del.  `blob.mjs ADDRESS TOKEN PICTURE`, one line of JSON.
import { readFileSync } from 'node:fs';
import { del, head, put } from '@vercel/blob';

const [address, token, picture] = process.argv.slice(2);
process.env.VERCEL_BLOB_API_URL = address;
process.env.VERCEL_BLOB_RETRIES = '0';
const bytes = readFileSync(picture);
const options = { access: 'public', token };
const refusal = async promise => promise.then(() => '', error => `${error.constructor.name}: ${error.message}`);

const first = await put('r2v/abc/mia.png', bytes, options);
const known = await head(first.url, { token });
const back = new Uint8Array(await (await fetch(first.url)).arrayBuffer());
const again = await refusal(put('r2v/abc/mia.png', bytes, options));
const over = await put('r2v/abc/mia.png', bytes, { ...options, allowOverwrite: true });
const suffixed = await put('r2v/abc/mia.png', bytes, { ...options, addRandomSuffix: true });
const refused = await refusal(put('a.png', bytes, { access: 'public', token: 'vercel_blob_rw_realStore_secretsecret' }));
await del(first.url, { token });
const gone = await refusal(head(first.url, { token }));
console.log(JSON.stringify({
  first, size: known.size, same: Buffer.compare(Buffer.from(back), bytes) === 0, again, over: over.url,
  suffixed: suffixed.pathname, refused, gone,
}));
