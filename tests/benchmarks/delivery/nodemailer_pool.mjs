// nodemailer with a pool and handlebars: `node nodemailer_pool.mjs FOLDER PORT CONNECTIONS MODULES` sends the workload
// of the folder and prints one JSON object. MODULES is the folder where npm put both. No journal, no check.
import fs from "node:fs";
import path from "node:path";
import { createRequire } from "node:module";
import { performance } from "node:perf_hooks";

const [folder, port, connections, modules] = process.argv.slice(2);
const require = createRequire(path.join(modules, "package.json"));
const nodemailer = require("nodemailer");
const handlebars = require("handlebars");

const read = (name) => fs.readFileSync(path.join(folder, name), "utf8");
const subject = handlebars.compile(read("subject.txt"), { noEscape: true });
const text = handlebars.compile(read("text.txt"), { noEscape: true });
const page = handlebars.compile(read("page.html"));
const leaflet = path.join(folder, "leaflet.pdf");
const attachments = fs.existsSync(leaflet) ? [{ filename: "leaflet.pdf", content: fs.readFileSync(leaflet) }] : [];
const [heading, ...lines] = read("recipients.csv").trim().split(/\r?\n/);
const names = heading.split(","); // no value of the workload holds a comma
const people = lines.map((line) => Object.fromEntries(line.split(",").map((value, place) => [names[place], value])));

const pool = nodemailer.createTransport({
  pool: true, host: "127.0.0.1", port: Number(port), secure: false, ignoreTLS: true,
  maxConnections: Number(connections), maxMessages: Infinity,
});
const began = performance.now();
const used = process.cpuUsage();
let next = 0;
let sent = 0;
const worker = async () => {
  while (next < people.length) {
    const one = people[next++];
    await pool.sendMail({
      from: "contact@tilleuls.example", to: one.email, subject: subject(one), text: text(one), html: page(one), attachments,
    });
    sent += 1;
  }
};
// A few more than connections, so that none of them waits for the next message.
await Promise.all(Array.from({ length: 4 * Number(connections) }, worker));
const seconds = (performance.now() - began) / 1000;
const processor = process.cpuUsage(used);
pool.close();
console.log(JSON.stringify({ sent, seconds, processor: (processor.user + processor.system) / 1e6 }));
