// The simulated Genesys Cloud, by its control interface.
import { stage } from "./stage.js";

async function control(method, path, body) {
  const response = await fetch(`${stage.sim}/_sim/${path}`, {
    method,
    headers: body === undefined ? {} : { "content-type": "application/json" },
    body: body === undefined ? undefined : JSON.stringify(body),
  });
  if (!response.ok) throw new Error(`${method} ${path}: ${response.status} ${await response.text()}`);
  const text = await response.text();
  return text === "" ? undefined : JSON.parse(text);
}

/** A customer who talks to an agent, whose network has just dropped. */
export async function droppedChat() {
  const created = await control("POST", "conversations", { agent_user_id: "agent-ada", queue_id: "support" });
  await control("POST", `conversations/${created.conversation_id}/drop-customer`);
  return { conversationId: created.conversation_id, participantId: created.customer_id };
}

export const attach = (chat) => control("POST", `conversations/${chat.conversationId}/attach`, {});

export const transcript = (chat) => control("GET", `conversations/${chat.conversationId}/transcript`);

/** What goes wrong with the next calls of a route. */
export const fault = (route, fault, times = 1) => control("POST", "faults", { route, times, fault });

export const clearFaults = () => control("DELETE", "faults");

/** What was asked of Genesys since the ledger was cleared. */
export const ledger = () => control("GET", "ledger");

export const clearLedger = () => control("DELETE", "ledger");
