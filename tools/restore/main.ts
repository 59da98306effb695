import { withCompiledService } from '../client/compiled-service.js';
import { runTool } from '../client/run-tool.js';
import { rehearseRestore } from './rehearse-restore.js';

const OPTIONS = { clients: 16, phaseMs: 5_000 };

await runTool(() =>
  withCompiledService(async () => {
    const { moment, entriesBefore, entriesLost, restoredInMs, problems } = await rehearseRestore(OPTIONS);
    console.log(`Restored to ${moment} in ${(restoredInMs / 1000).toFixed(1)} s, on another data directory`);
    console.log(`${entriesBefore} entries are there, verified; ${entriesLost} later ones are gone, as they must be`);
    for (const problem of problems) console.log(problem);
    console.log(problems.length === 0 ? 'The restore is right.' : 'FAILED: see above.');
    return problems.length === 0;
  }),
);
