/** The REST side of the gateway, as far as these pages use it. */
export class ApiError extends Error {
  constructor(
    readonly status: number,
    readonly code: string,
    readonly retryAfter_s: number | null,
    /** Everything the gateway said of it: `rule`, `limit`, `next_step`, `retry_at`, `meta_code` … */
    readonly said: Readonly<Record<string, unknown>> = {},
  ) {
    super(code);
  }
}

/** JSON in, JSON out. Raises ApiError for an answer that says no, TypeError when nobody answers. */
export async function request(
  method: "GET" | "POST" | "PUT" | "DELETE",
  path: string,
  body?: object,
  signal?: AbortSignal,
): Promise<unknown> {
  const response = await fetch(`/api/v1${path}`, {
    method,
    credentials: "same-origin",
    ...(signal === undefined ? {} : { signal }),
    headers: body === undefined ? {} : { "content-type": "application/json" },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  const text = await response.text();
  const answer = parse(text);
  if (!response.ok) throw apiError(response.status, answer);
  return answer;
}

function apiError(status: number, answer: unknown): ApiError {
  const error = isRecord(answer) && isRecord(answer.error) ? answer.error : {};
  const retryAfter_s = typeof error.retry_after_s === "number" ? error.retry_after_s : null;
  return new ApiError(status, typeof error.code === "string" ? error.code : "unknown", retryAfter_s, error);
}

function parse(text: string): unknown {
  try {
    return text === "" ? null : JSON.parse(text);
  } catch {
    return null;
  }
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null;
}
