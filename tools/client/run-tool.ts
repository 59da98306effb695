/** Something the person who called can mend: its message is all they need. */
export class Misuse extends Error {
  override readonly name = 'Misuse';
}

/** Sets the exit code: 0 when `work` says yes, 1 when it says no, 2 when it could not come to an answer. */
export async function runTool(work: () => Promise<boolean>): Promise<void> {
  try {
    process.exitCode = (await work()) ? 0 : 1;
  } catch (error) {
    console.error(isMisuse(error) ? error.message : error);
    process.exitCode = 2;
  }
}

/** @throws Misuse unless the text is a number above 0. */
export function positiveNumber(option: string, text: string): number {
  const value = Number(text);
  if (value > 0) return value;
  throw new Misuse(`--${option} must be a number above 0, not ${JSON.stringify(text)}.`);
}

/** @throws Misuse unless the text is a whole number above 0. */
export function positiveInteger(option: string, text: string): number {
  const value = positiveNumber(option, text);
  if (Number.isSafeInteger(value)) return value;
  throw new Misuse(`--${option} must be a whole number above 0, not ${JSON.stringify(text)}.`);
}

function isMisuse(error: unknown): error is Error {
  if (!(error instanceof Error)) return false;
  const { code = '' } = error as NodeJS.ErrnoException;
  return error instanceof Misuse || code.startsWith('ERR_PARSE_ARGS');
}
