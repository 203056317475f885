#!/usr/bin/env node
/** Runs the command on its standard input. */

import { readFileSync } from "node:fs";

import { run } from "../src/command.js";

const { output, error, code } = run(process.argv.slice(2), readFileSync(0, "utf8"));
process.stdout.write(output);
process.stderr.write(error);
process.exitCode = code;
