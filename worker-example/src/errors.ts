/** What an OpenAI client expects when something is wrong: a status and `{"error": {…}}`. */
export interface ApiErrorDetails {
  type?: "invalid_request_error" | "upstream_error";
  code?: string;
  /** The field of the request that is wrong. */
  param?: string;
  headers?: HeadersInit;
}

/** Thrown by the handlers and turned into a response in one place. */
export class ApiError extends Error {
  override name = "ApiError";

  constructor(
    readonly status: number,
    message: string,
    readonly details: ApiErrorDetails = {},
  ) {
    super(message);
  }

  toResponse(): Response {
    const { type = "invalid_request_error", code = null, param = null, headers } = this.details;
    const error = { message: this.message, type, param, code };
    return Response.json({ error }, { status: this.status, ...(headers && { headers }) });
  }
}

/** A request that cannot be served as it is written. */
export function badRequest(message: string, param?: string): ApiError {
  return new ApiError(400, message, param === undefined ? {} : { param });
}

/** An upstream that did not answer as an OpenAI-compatible API does. */
export function badGateway(code: string, message: string): ApiError {
  return new ApiError(502, message, { type: "upstream_error", code });
}
