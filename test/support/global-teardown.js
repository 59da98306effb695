export default async function tearDown() {
  await globalThis.creditsLedgerTestRun?.stop();
}
