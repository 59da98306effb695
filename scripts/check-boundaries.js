// Runs the import rules of .dependency-cruiser.json, and refuses to pass by seeing too little: an import tool that
// cannot read TypeScript reports "0 modules, no violations" and exits 0.
import { readFile } from 'node:fs/promises';
import { cruise } from 'dependency-cruiser';
import extractTypeScriptConfig from 'dependency-cruiser/config-utl/extract-ts-config';

/** Raise it as the tree grows; it only has to be far above what a blind run sees. */
const FEWEST_MODULES = 80;
const FEWEST_DEPENDENCIES = 300;

const { forbidden, options } = JSON.parse(await readFile('.dependency-cruiser.json', 'utf8'));
const { output } = await cruise(
  ['src', 'migrations', 'test', 'bench', 'tools', 'clients'],
  { ...options, ruleSet: { forbidden }, validate: true },
  options.enhancedResolveOptions,
  { tsConfig: extractTypeScriptConfig('tsconfig.json') },
);

const ours = output.modules.filter(module => /^(src|migrations|test|bench|tools|clients)\//.test(module.source));
const dependencies = ours.reduce((sum, module) => sum + module.dependencies.length, 0);
for (const { rule, from, to, cycle } of output.summary.violations) {
  const path = cycle ? [from, ...cycle.map(step => step.name)].join(' -> ') : `${from} -> ${to}`;
  console.error(`${rule.name}: ${path}`);
}
console.log(
  `${ours.length} modules, ${dependencies} dependencies, ${output.summary.violations.length} boundary violations`,
);

if (ours.length < FEWEST_MODULES || dependencies < FEWEST_DEPENDENCIES) {
  console.error(
    `The boundary check saw fewer than ${FEWEST_MODULES} modules or ${FEWEST_DEPENDENCIES} dependencies: it is blind, not green.`,
  );
  process.exit(1);
}
process.exit(output.summary.violations.length === 0 ? 0 : 1);
