import type { ClientBase } from 'pg';

/** A unit that an entry is in has its scale for ever. */
const READ_SCALES = `SELECT unit, scale FROM units WHERE in_use`;

/** Digits after the point, by unit. */
export async function readScales(client: ClientBase): Promise<ReadonlyMap<string, number>> {
  const { rows } = await client.query<{ unit: string; scale: number }>(READ_SCALES);
  return new Map(rows.map(({ unit, scale }) => [unit, scale]));
}
