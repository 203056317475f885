// Files written by a BullMQ worker, whose model calls go through a p-queue.
//
// Usage: node write_files.mjs ASSIGNMENT OUTCOME. Both are JSON files; see benchmarks/sides/peers.py.

import { readFileSync, writeFileSync } from "node:fs";
import { Agent, request } from "node:http";

import { Queue, Worker } from "bullmq";
import PQueue from "p-queue";

const assignment = JSON.parse(readFileSync(process.argv[2], "utf8"));
const connection = { path: assignment.redis };
const name = "files";
const calls = new PQueue({ concurrency: assignment.at_once });
const agent = new Agent({ keepAlive: true });
const written = new Map();

function post(body) {
  const text = JSON.stringify(body);
  const headers = { "content-type": "application/json", "content-length": Buffer.byteLength(text) };
  return new Promise((resolve, reject) => {
    const sent = request(assignment.url, { method: "POST", agent, headers }, (response) => {
      const pieces = [];
      response.on("data", (piece) => pieces.push(piece));
      response.on("end", () => resolve(JSON.parse(Buffer.concat(pieces).toString("utf8"))));
      response.on("error", reject);
    });
    sent.on("error", reject);
    sent.end(text);
  });
}

async function ask(system, user) {
  const messages = [
    { role: "system", content: system },
    { role: "user", content: user },
  ];
  const answer = await calls.add(() => post({ model: "bench-1", max_tokens: 8192, messages }));
  return answer.choices[0].message.content;
}

async function write(job) {
  const file = assignment.files[job.data.number];
  const brief = await ask(assignment.briefer, file.brief);
  return ask(assignment.coder, `${file.file}\n${brief}`);
}

async function all(queue, worker, numbers) {
  let left = numbers.length;
  const done = new Promise((resolve, reject) => {
    worker.on("completed", (job, text) => {
      written.set(job.data.number, text);
      left -= 1;
      if (left === 0) resolve();
    });
    worker.on("failed", (_, error) => reject(error));
  });
  await queue.addBulk(numbers.map((number) => ({ name: "file", data: { number } })));
  await done;
  worker.removeAllListeners("completed");
  worker.removeAllListeners("failed");
}

const queue = new Queue(name, { connection });
const worker = new Worker(name, write, { connection, concurrency: assignment.at_once });
await Promise.all([queue.waitUntilReady(), worker.waitUntilReady()]);
const numbers = assignment.files.map((_, number) => number);
const begun = performance.now();
await all(queue, worker, numbers.slice(0, assignment.first));
await all(queue, worker, numbers.slice(assignment.first));
const seconds = (performance.now() - begun) / 1000;
const wrong = assignment.files.filter((file, number) => !written.get(number)?.includes(file.holds));
if (wrong.length > 0) throw new Error(`${wrong.length} files are not what the model answered`);
await worker.close();
await queue.close();
agent.destroy();
const used = process.resourceUsage();
const peak = readFileSync("/proc/self/status", "utf8").match(/^VmHWM:\s+(\d+)/m);
writeFileSync(
  process.argv[3],
  JSON.stringify({
    seconds,
    cpu_seconds: (used.userCPUTime + used.systemCPUTime) / 1e6,
    peak_mb: Number(peak[1]) / 1024,
  }),
);
