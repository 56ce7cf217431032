/**
 * Permissions and the resources of their patterns.
 *
 * @module
 */

import * as raw from "../../wasm/covenant.js";
import { requireText } from "../internal/arguments.js";
import { requireFields } from "../internal/wire.js";
import { call } from "./instance.js";
import type { Permission } from "./terms.js";

/**
 * Checks a permission.
 *
 * @throws {PermissionError} when its capability is none
 * @throws {PatternError} when its pattern is none
 */
export function checkPermission(permission: Permission): void {
  const [capability, resource] = parts("permission", permission);
  call(() => {
    raw.checkPermission(capability, resource);
  });
}

/**
 * Checks a resource: 1 to 4,096 bytes without control characters and without segments `.` and `..`.
 *
 * @throws {PatternError} when it is none
 */
export function checkResource(resource: string): void {
  requireText("resource", resource);
  call(() => {
    raw.checkResource(resource);
  });
}

/**
 * Whether a pattern matches a resource.
 *
 * @throws {PatternError} when it is none
 */
export function patternMatches(pattern: string, resource: string): boolean {
  requireText("pattern", pattern);
  requireText("resource", resource);
  return call(() => raw.patternMatches(pattern, resource));
}

/**
 * Whether everything that one permission allows is allowed by another.
 *
 * @throws {PermissionError} {@link PatternError} when one is none
 */
export function isWithin(permission: Permission, other: Permission): boolean {
  const [capability, resource] = parts("permission", permission);
  const [otherCapability, otherResource] = parts("other", other);
  return call(() => raw.isWithin(capability, resource, otherCapability, otherResource));
}

function parts(name: string, permission: Permission): [capability: string, resource: string] {
  requireFields(name, permission, ["capability", "resource"]);
  const { capability, resource } = permission;
  requireText(`${name}.capability`, capability);
  requireText(`${name}.resource`, resource);
  return [capability, resource];
}
