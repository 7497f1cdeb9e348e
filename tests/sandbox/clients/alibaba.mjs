// `ai` with `@ai-sdk/alibaba`: DashScope by another client.  `alibaba.mjs ADDRESS KEY REFERENCE OUT`, one line of JSON.
// A download function is given, since the AI SDK's own refuses every address on its own machine.
import { writeFileSync } from 'node:fs';
import { createAlibaba } from '@ai-sdk/alibaba';
import * as ai from 'ai';

const [address, key, reference, out] = process.argv.slice(2);
const generateVideo = ai.generateVideo ?? ai.experimental_generateVideo;
const download = async ({ url }) => {
  const answer = await fetch(url);
  return { data: new Uint8Array(await answer.arrayBuffer()), mediaType: answer.headers.get('content-type') };
};
const video = (key, model) => createAlibaba({ videoBaseURL: address, apiKey: key }).video(model);
const asked = {
  prompt: 'character1 waves at the camera', resolution: '1280x720', duration: 2, maxRetries: 0, download,
  poll: { intervalMs: 100, timeoutMs: 60000 },
  providerOptions: { alibaba: { referenceUrls: [reference], shotType: 'single', watermark: false, pollIntervalMs: 100 } },
};
const made = await generateVideo({ ...asked, model: video(key, 'wan2.6-r2v') });
writeFileSync(out, made.videos[0].uint8Array);
const typed = await generateVideo({
  ...asked,
  model: video(key, 'wan2.7-r2v'),
  prompt: 'Image 1 waves',
  aspectRatio: '16:9',
  providerOptions: { alibaba: { media: [{ type: 'reference_image', url: reference }], promptExtend: false, pollIntervalMs: 100 } },
});
const refusal = async promise => promise.then(() => '', error => `${error.name}: ${error.message} ${error.statusCode}`);
console.log(JSON.stringify({
  bytes: made.videos[0].uint8Array.length,
  typed: typed.videos[0].uint8Array.length,
  metadata: made.providerMetadata,
  failed: await refusal(generateVideo({ ...asked, duration: 11, model: video(key, 'wan2.6-r2v') })),
  refused: await refusal(generateVideo({ ...asked, model: video('sk-0123456789abcdef', 'wan2.6-r2v') })),
}));
