import { runTool } from '../client/run-tool.js';
import { rehearseImage } from './rehearse.js';

await runTool(async () => {
  await rehearseImage(process.cwd(), line => console.log(`=== ${line}`));
  return true;
});
