// `ai` with `@ai-sdk/gateway`: a video by the SDK's own way, models, credits, cost, a wrong key.
// `gateway.mjs ADDRESS KEY REFERENCE OUT`, one line of JSON.  The AI SDK fetches no result from its own machine: the
// result comes as bytes, which `providerOptions.sandbox` asks this server for.
import { writeFileSync } from 'node:fs';
import { createGateway } from '@ai-sdk/gateway';
import * as ai from 'ai';

const [address, key, reference, out] = process.argv.slice(2);
const generateVideo = ai.generateVideo ?? ai.experimental_generateVideo;
const gateway = createGateway({ baseURL: address, apiKey: key });
const asked = {
  prompt: 'character1 waves at the camera',
  resolution: '1280x720',
  duration: 2,
  maxRetries: 0,
  poll: { intervalMs: 100, timeoutMs: 60000 },
  providerOptions: { alibaba: { referenceUrls: [reference], shotType: 'single' }, sandbox: { result: 'base64' } },
};
const made = await generateVideo({ ...asked, model: gateway.video('alibaba/wan-v2.6-r2v') });
writeFileSync(out, made.videos[0].uint8Array);
const refusal = async promise => promise.then(() => '', error => `${error.name}: ${error.message} ${error.statusCode}`);
const id = made.providerMetadata?.gateway?.generationId ?? '';
console.log(JSON.stringify({
  bytes: made.videos[0].uint8Array.length,
  mediaType: made.videos[0].mediaType,
  warnings: made.warnings,
  id,
  models: (await gateway.getAvailableModels()).models.map(model => model.id),
  credits: await gateway.getCredits(),
  cost: id && gateway.getGenerationInfo ? (await gateway.getGenerationInfo({ id })).totalCost : null,
  wrongModel: await refusal(generateVideo({ ...asked, model: gateway.video('alibaba/wan-v9-r2v') })),
  wrongField: await refusal(generateVideo({ ...asked, duration: 11, model: gateway.video('alibaba/wan-v2.6-r2v') })),
  refused: await refusal(generateVideo({
    ...asked, model: createGateway({ baseURL: address, apiKey: 'vck_0123456789' }).video('alibaba/wan-v2.6-r2v'),
  })),
}));
