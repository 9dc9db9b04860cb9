// What `tests/web.rs` has started, and where it is.

/**
 * @type {{
 *   service: string, sim: string, origin: string, otherOrigin: string, pages: string, envoy?: string, buf: string,
 *   keys: {service: string, limited: string, operator: string}, tokenSecret: string
 * }}
 */
export const stage = JSON.parse(process.env.STAGE);

export const SERVICE = "sessionresumption.v1.SessionResumption";

export const path = (method) => `/${SERVICE}/${method}`;

export const url = (method) => stage.service + path(method);
