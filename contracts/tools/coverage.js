#!/usr/bin/env node
// Prints how much of src/ the tests run, from forge's lcov report, and fails under the limit.
// Run by `npm run coverage`.
"use strict";
const fs = require("node:fs");

const LIMIT = 0.95; // of the lines, and of the branches
const COUNTERS = { LF: "lines", LH: "linesHit", BRF: "branches", BRH: "branchesHit" };

/** One row for each file of an lcov report, with the lines that no test ran. */
function* filesOf(report) {
  for (const record of report.split("end_of_record").slice(0, -1)) {
    const row = { file: "", lines: 0, linesHit: 0, branches: 0, branchesHit: 0, missed: [] };
    for (const line of record.trim().split("\n")) {
      const [tag, value] = [line.slice(0, line.indexOf(":")), line.slice(line.indexOf(":") + 1)];
      if (tag === "SF") row.file = value;
      if (tag in COUNTERS) row[COUNTERS[tag]] = Number(value);
      if (tag === "DA" && value.endsWith(",0")) row.missed.push(value.split(",")[0]);
      if (tag === "BRDA" && /,(0|-)$/.test(value)) row.missed.push(`${value.split(",")[0]} (branch)`);
    }
    yield row;
  }
}

const share = (hit, found) => (found === 0 ? 1 : hit / found);
const percent = (hit, found) => (found ? `${(share(hit, found) * 100).toFixed(1)} %` : "-");
const print = (file, lines, branches, missed) =>
  console.log(file.padEnd(44), lines.padStart(8), branches.padStart(10), " ", missed.join(" "));

const rows = [...filesOf(fs.readFileSync(process.argv[2], "utf8"))]
  .filter(({ file }) => file.startsWith("src/"));
const total = { file: "all of src/", lines: 0, linesHit: 0, branches: 0, branchesHit: 0, missed: [] };
for (const row of rows) for (const count of Object.values(COUNTERS)) total[count] += row[count];

print("file", "lines", "branches", ["not run"]);
for (const row of [...rows, total]) {
  print(
    row.file, percent(row.linesHit, row.lines), percent(row.branchesHit, row.branches), row.missed,
  );
}
const enough = total.lines > 0 && total.branches > 0
  && share(total.linesHit, total.lines) >= LIMIT
  && share(total.branchesHit, total.branches) >= LIMIT;
if (!enough) {
  console.error(`coverage: under ${LIMIT * 100} % of the lines or branches: add tests`);
  process.exitCode = 1;
}
