// Programs, run to their end.
import { execFile } from "node:child_process";

/** What a program says and how it ends, with this on its standard input. */
export function run(program, words, input = "") {
  return new Promise((resolve, reject) => {
    const child = execFile(program, words, { encoding: "buffer", timeout: 30_000 }, (error, stdout, stderr) => {
      if (error && typeof error.code !== "number") reject(error);
      else resolve({ code: error ? error.code : 0, stdout, stderr: stderr.toString() });
    });
    // A program that ends without reading everything is no failure of ours.
    child.stdin.on("error", () => {});
    child.stdin.end(input);
  });
}
