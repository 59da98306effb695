// Answers every request at once with the same bytes: what it serves per second is what the load alone can ask for.
import { createServer } from 'node:net';
import { renderLean } from './competitors/lean-answer.js';

const now = new Date();
const sums = { available: 999_000_000n, held: 1_000_000n, spent: 0n };
const line = { reserved: 1_000_000n, committed: 0n };
const body = renderLean('spread-1', 7, 7, 'reserve', 1_000_000n, { granted: '1000000000', now }, now, sums, line);
const headers = `content-type: application/json\r\ncontent-length: ${body.length}\r\nconnection: keep-alive\r\n\r\n`;
const created = Buffer.concat([Buffer.from(`HTTP/1.1 201 Created\r\n${headers}`), body]);
const ok = Buffer.concat([Buffer.from(`HTTP/1.1 200 OK\r\n${headers}`), body]);
const RESERVATIONS = Buffer.from('/v1/accounts/');

const server = createServer({ noDelay: true }, socket => {
  socket.on('data', request => {
    const isReserve = request.subarray(0, 40).includes(RESERVATIONS);
    socket.write(isReserve ? created : ok);
  });
  socket.on('error', () => socket.destroy());
});
server.listen(0, '127.0.0.1', () => process.send!((server.address() as { port: number }).port));
process.on('disconnect', () => process.exit());
