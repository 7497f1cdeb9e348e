// What the official SDK sends for the same input.  Standard input: [{model, body, token}]; one line of JSON with the
// requests that it makes.  Nothing leaves: `fetch` is ours.
import { readFileSync } from 'node:fs';
import { createGateway } from '@ai-sdk/gateway';
import * as ai from 'ai';

const generateVideo = ai.generateVideo ?? ai.experimental_generateVideo;
const film = Buffer.concat([Buffer.from([0, 0, 0, 24]), Buffer.from('ftypisom'), Buffer.alloc(64)]).toString('base64');
const made = [];
for (const { model, body, token } of JSON.parse(readFileSync(0, 'utf8'))) {
  const seen = [];
  const fetch = async (url, init) => {
    seen.push({ url: String(url), headers: Object.fromEntries(new Headers(init.headers)), body: JSON.parse(init.body) });
    const told = String(url).endsWith('/start')
      ? { operation: { gatewayJobId: 'job_1' } }
      : { status: 'completed', videos: [{ type: 'base64', data: film, mediaType: 'video/mp4' }] };
    return new Response(JSON.stringify(told), { status: 200, headers: { 'content-type': 'application/json' } });
  };
  const gateway = createGateway({ baseURL: 'https://gateway.invalid/v4/ai', apiKey: 'vck_0123456789', fetch });
  await generateVideo({
    ...body, model: gateway.video(model), maxRetries: 0, poll: { intervalMs: 1 }, headers: { 'idempotency-key': token },
  });
  made.push(seen);
}
console.log(JSON.stringify(made));
