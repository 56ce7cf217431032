// What a user of the main entry point would write, the same in every host. `interlock` is `interlock-wasm` or
// `interlock-wasm/slim`.

const encoder = new TextEncoder();

const event = (content) =>
  `data: ${JSON.stringify({ choices: [{ index: 0, delta: { content } }] })}\n\n`;

export const first = ({ StreamMonitor }) => new StreamMonitor();

/** What {@link run} must give. */
export const expected = {
  outcomes: ["pass", "warn", "halt"],
  batch: {
    consumed: 3,
    warnings: 0,
    halt: { outcome: "halt", reason: "hard-limit", observed: 0.1, bound: 0.5 },
  },
  isTransform: true,
  released: true,
  leaked: false,
  ended: true,
  reason: "hard-limit",
  cancelled: 1,
  unchanged: true,
  refused: "halt.hard_limit",
};

export async function run(interlock) {
  const { GuardStream, InterlockError, PolicyError, StreamMonitor, guardResponse, guardStream } =
    interlock;

  const monitor = new StreamMonitor({ hard_limit: 0.4 });
  const outcomes = [0.9, 0.6, 0.3].map((score) => monitor.push(score).outcome);
  const batch = new StreamMonitor().pushMany(Float64Array.of(0.9, 0.8, 0.1, 0.9));
  monitor.free();

  let cancelled = 0;
  const upstream = new ReadableStream({
    start(controller) {
      for (const text of ["The sky ", "is ", "green", "."])
        controller.enqueue(encoder.encode(event(text)));
    },
    cancel() {
      cancelled += 1;
    },
  });
  const guard = guardStream({
    scorer: async ({ text }) => (text.includes("green") ? 0.1 : 0.9),
    policy: { halt: { deadline_ms: 5000 } },
  });
  const output = await new Response(upstream.pipeThrough(guard)).text();
  const record = await guard.record;

  const clean = event("a") + "data: [DONE]\n\n";
  const response = guardResponse(
    new Response(clean, { headers: { "content-type": "text/event-stream" } }),
  );

  let refused;
  try {
    guardStream({ policy: { halt: { hard_limit: 7 } } });
  } catch (error) {
    refused = error instanceof PolicyError && error instanceof InterlockError && error.path;
  }

  return {
    outcomes,
    batch,
    isTransform: guard instanceof TransformStream && guard instanceof GuardStream,
    released: output.startsWith(event("The sky ") + event("is ")),
    leaked: output.includes("green"),
    ended: output.endsWith("data: [DONE]\n\n") && output.includes('"content_filter"'),
    reason: record.halt.reason,
    cancelled,
    unchanged: (await response.text()) === clean,
    refused,
  };
}
