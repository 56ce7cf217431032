import type { ProtocolName } from "./protocols.js";

/** What is wrong, beside the status and the words. */
export interface ApiErrorDetails {
  type?: "invalid_request_error" | "upstream_error" | "server_error";
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

  /** The same with other headers. */
  with(headers: Record<string, string>): ApiError {
    return new ApiError(this.status, this.message, { ...this.details, headers });
  }

  /** The response, with the error as clients of the protocol expect it. */
  toResponse(protocol: ProtocolName = "chat"): Response {
    const { headers } = this.details;
    return Response.json(SHAPES[protocol](this), {
      status: this.status,
      ...(headers && { headers }),
    });
  }
}

const SHAPES: Record<ProtocolName, (error: ApiError) => object> = {
  chat: openai,
  responses: openai,
  messages: anthropic,
  gemini: google,
  ui: openai,
};

function openai({ message, details }: ApiError): object {
  const { type = "invalid_request_error", code = null, param = null } = details;
  return { error: { message, type, param, code } };
}

/** https://docs.anthropic.com/en/api/errors */
function anthropic({ status, message }: ApiError): object {
  const types = new Map([
    [401, "authentication_error"],
    [403, "permission_error"],
    [404, "not_found_error"],
    [413, "request_too_large"],
    [429, "rate_limit_error"],
    [503, "overloaded_error"],
  ]);
  const type = types.get(status) ?? (status < 500 ? "invalid_request_error" : "api_error");
  return { type: "error", error: { type, message } };
}

/** https://cloud.google.com/apis/design/errors */
function google({ status: code, message, details }: ApiError): object {
  const names = new Map([
    [401, "UNAUTHENTICATED"],
    [403, "PERMISSION_DENIED"],
    [404, "NOT_FOUND"],
    [429, "RESOURCE_EXHAUSTED"],
    [502, "UNAVAILABLE"],
    [503, "UNAVAILABLE"],
  ]);
  const status = names.get(code) ?? (code < 500 ? "INVALID_ARGUMENT" : "INTERNAL");
  const at = (type: string) => ({ "@type": `type.googleapis.com/google.rpc.${type}` });
  const { code: reason, param: field } = details;
  const more = [
    ...(reason ? [{ ...at("ErrorInfo"), reason: reason.toUpperCase(), domain: "interlock" }] : []),
    ...(field ? [{ ...at("BadRequest"), fieldViolations: [{ field, description: message }] }] : []),
  ];
  return { error: { code, message, status, ...(more.length > 0 && { details: more }) } };
}

/** A request that cannot be served as it is written. */
export function badRequest(message: string, param?: string): ApiError {
  return new ApiError(400, message, param === undefined ? {} : { param });
}

/** An upstream that did not answer as an API of models does. */
export function badGateway(code: string, message: string): ApiError {
  return new ApiError(502, message, { type: "upstream_error", code });
}
